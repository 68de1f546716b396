//! Who issued a certificate: as much of X.509 as that takes, so that a missing authority has a name.

/// Object identifiers of the parts of a name, as DER spells them (RFC 5280, Appendix A).
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0A];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xA0;

/// The issuer of a DER certificate, such as `Acme Proxy Root (Acme Inspection)`; `None` when it has no name or the bytes
/// are no certificate.
pub(super) fn issuer(certificate: &[u8]) -> Option<String> {
    let (_, certificate, _) = element(certificate)?;
    let (_, signed, _) = element(certificate)?;
    let (tag, _, rest) = element(signed)?;
    // The version is left out of the oldest certificates.
    let rest = if tag == VERSION { rest } else { signed };
    let (_, _serial, rest) = element(rest)?;
    let (_, _algorithm, rest) = element(rest)?;
    let (tag, name, _) = element(rest)?;
    if tag != SEQUENCE {
        return None;
    }
    match (part(name, COMMON_NAME), part(name, ORGANISATION)) {
        (Some(common), Some(organisation)) => Some(format!("{common} ({organisation})")),
        (one, other) => one.or(other),
    }
}

/// The first part of the name with that identifier.
fn part(mut name: &[u8], wanted: &[u8]) -> Option<String> {
    while let Some((tag, set, rest)) = element(name) {
        name = rest;
        let (SET, Some((SEQUENCE, pair, _))) = (tag, element(set)) else { continue };
        let Some((_, identifier, value)) = element(pair) else { continue };
        if identifier == wanted {
            return element(value).map(|(_, text, _)| String::from_utf8_lossy(text).into_owned());
        }
    }
    None
}

/// The first element of DER: its tag, its content, and what stands after it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(*first), rest),
        // No certificate is longer than four bytes can say.
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            (length.iter().fold(0_usize, |length, byte| (length << 8) | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    fn certificate(pem: &[u8]) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(pem).unwrap()
    }

    #[test]
    fn the_issuer_of_a_certificate_is_who_signed_it() {
        let server = certificate(include_bytes!("../../../tests/tls/server.pem"));
        assert_eq!(issuer(&server).as_deref(), Some("Acme Proxy Root (Acme Inspection)"));
    }

    #[test]
    fn whatever_is_no_certificate_has_no_issuer() {
        let server = certificate(include_bytes!("../../../tests/tls/server.pem"));
        for length in 0..server.len().min(120) {
            let _ = issuer(&server[..length]);
            assert_eq!(issuer(&server[..length]), None, "{length}");
        }
        for bytes in [&b""[..], b"\x30", b"\x30\x80", b"\x30\x85\x01\x01\x01\x01\x01", b"-----BEGIN"] {
            assert_eq!(issuer(bytes), None, "{bytes:?}");
        }
    }
}
