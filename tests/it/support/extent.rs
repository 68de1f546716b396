//! How much of a long series a test does: a sample in every run, the whole of it behind `--ignored`.

/// How much of a series is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Sample,
    Whole,
}

impl Extent {
    /// The number that a series does in a sample, or as a whole.
    pub(crate) fn either<T>(self, sample: T, whole: T) -> T {
        match self {
            Self::Sample => sample,
            Self::Whole => whole,
        }
    }
}

/// Makes two tests of each of these functions, which take an [`Extent`].
macro_rules! sampled {
    ($($name:ident)+) => {$(
        mod $name {
            use $crate::support::extent::Extent;

            #[test]
            fn sample() {
                super::$name(Extent::Sample);
            }

            #[test]
            #[ignore = "some minutes, as a whole: .ci/run has it"]
            fn whole() {
                super::$name(Extent::Whole);
            }
        }
    )+};
}
pub(crate) use sampled;
