//! Closed lists: enums of which every member is known, and most have a word.

/// An enum with all its members in `ALL`. Where each has a word, behind `=`, there is the way from member to word and back,
/// too.
macro_rules! worded {
    (
        $(#[$attribute:meta])*
        $visibility:vis enum $name:ident {
            $($(#[$meaning:meta])* $member:ident = $word:literal,)+
        }
    ) => {
        $crate::base::worded! {
            $(#[$attribute])*
            $visibility enum $name {
                $($(#[$meaning])* $member,)+
            }
        }

        impl $name {
            /// The word in reports and in the ledger.
            $visibility const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$member => $word,)+
                }
            }

            /// The member of that word.
            $visibility fn parse(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|member| member.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
    (
        $(#[$attribute:meta])*
        $visibility:vis enum $name:ident {
            $($(#[$meaning:meta])* $member:ident,)+
        }
    ) => {
        $(#[$attribute])*
        $visibility enum $name {
            $($(#[$meaning])* $member,)+
        }

        impl $name {
            /// Every member, in the order in which a person reads them.
            $visibility const ALL: [Self; [$(Self::$member),+].len()] = [$(Self::$member),+];
        }
    };
}

pub(crate) use worded;
