//! The finder of secrets against tables.

use proptest::prelude::*;

use super::*;

/// The line without the `~` that keeps the made-up keys of these tables from looking like real ones to the scanners of
/// source code.
pub(in crate::audit) fn plain(line: &str) -> String {
    line.replace('~', "")
}

/// Lines that hold a secret, and what it looks like.
pub(in crate::audit) const SECRETS: &[(&str, &str)] = &[
    ("key sk-~ld-a8Kd02mfQp4LxV7z, see above", "Langdock or Odeus API key"),
    ("sk-~ant-api03-Zk3p9Qw7LmX2vB8nT5yR", "Anthropic API key"),
    ("OPENAI_API_KEY=sk-~proj-9fK2mQ7xLp4Zt8Vb3Nw6Yr1C", "API key (OpenAI style)"),
    ("use \"sk-~abc123def456ghi789jkl012\".", "API key (OpenAI style)"),
    ("gh~p_16C7e42F292c6912E7710c838347Ae178B4a", "GitHub token"),
    ("github_~pat_11ABCDEFG0123456789_abcdef", "GitHub token"),
    ("gl~pat-9yBfTq3kLmZ8wXvC2nRd", "GitLab token"),
    ("(AK~IAIOSFODNN7EXAMPLE)", "AWS access key"),
    ("xo~xb-2048-1234567890-abcDEF", "Slack token"),
    ("AI~zaSyD4k9Xq2LmN8pRt5vWb7Zc1Ef3Gh6Jk0M", "Google API key"),
    (
        "eyJ~hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
        "signed token (JWT)",
    ),
    ("Authorization: Bearer 9f8e7d6c5b4a3f2e1d0c9b8a", "bearer token"),
    ("-----BEGIN RSA PRIVATE ~KEY-----", "private key"),
    ("-----BEGIN ~PRIVATE KEY-----", "private key"),
    ("postgres://reporting:Wint3r@db.intern:5432/sap", "password in an address"),
    ("https://svc:p@ss@host.example/path", "password in an address"),
    ("AccountKey=~Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==", "storage account key"),
    ("password: hunter2", "password"),
    ("Passwort: Sommer2024!", "password"),
    ("**Passwort:** `Nordwind-2024`", "password"),
    ("Das Passwort für das SAP-Testsystem lautet Geheim#2024.", "password"),
    ("Kennwort (WLAN): q7L!mmer", "password"),
    ("SAP_PASSWORD=\"x8#kLq!2\"", "password"),
    ("The password is Tr0ub4dor&3, do not tell", "password"),
    ("{\"password\": \"k9$Lmn-Qx2\"}", "password"),
    ("pw = aB3$xy9Z", "password"),
    ("API-Key: 4f9a8b7c6d5e4f3a2b1c", "API key"),
    ("api_key=3f2504e0-4f89-11d3-9a0c-0305e82c3301", "API key"),
    ("client_secret: Zk3~8Q.p9Lm_x2vBnT5yR", "secret"),
    ("Token: 9f8e7d6c5b4a3f2e1d0c", "token"),
    ("aws_secret_access_key = wJalr9tnFEMI/K7MDENG/bPxRfi~CYqT4mZpLsW2x", "access key"),
    ("The password is: Sommer2003!xAbCd", "password"),
    ("Authorization: Basic dXNlcjpTZWNyZXQyMDI0IQ==", "basic credentials"),
    ("authorization: basic dXNlcjpTZWNyZXQyMDI0IQ", "basic credentials"),
    ("authorization: BEARER 9f8e7d6c5b4a3f2e1d0c9b8a", "bearer token"),
    ("postgres://app:Zt8abc/xyz@db.intern:5432/x", "password in an address"),
    (r#"{\"password\": \"Sommer2006!xAbCd\"}"#, "password"),
    ("dbPassword: Sommer2006!xAbCd", "password"),
    ("MyPassword=Sommer2006!xAbCd", "password"),
    ("Initialpasswort: Sommer2006!", "password"),
    ("clientSecret: Zk38Qp9Lmx2vBnT5yR", "secret"),
    ("<password>Sommer2006!</password>", "password"),
    ("<dbPassword>Sommer2006!</dbPassword>", "password"),
    ("curl --password Sommer2006! --user bob", "password"),
    ("mysql --db-password Sommer2006!", "password"),
    ("password：Sommer2006!", "password"),
    ("password\u{a0}:\u{a0}Sommer2006!", "password"),
    ("https://hooks.slack~.com/services/T0AB12CD3/B0AB12CD3/aB3dE5fG7hJ9kL1mN3pQ5rS7", "Slack webhook"),
    ("sk_~live_4eC39HqLyjWDarjtT1zdp7dc", "Stripe key"),
    ("ya~29.a0AfH6SMBx7Yq2LmN8pRt5vWb7", "Google access token"),
    ("SG~.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf09kqeF8tAmbihYzrnopKc1s5cr", "SendGrid API key"),
    ("hf~_aBcDeFgHiJkLmNoPqRsTuVwXyZ01234567", "Hugging Face token"),
    ("npm~_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789", "npm token"),
    ("pypi~-AgEIcHlwaS5vcmcCJDU3OTM1MjliLWIyYTYtNDEwOC05NzRk", "PyPI token"),
    ("API-SCHLÜSSEL: 4f9a8b7c6d5e4f3a2b1c", "API key"),
    ("Lizenztoken: 9f8e7d6c5b4a3f2e1d0c", "token"),
    ("Zugangsdaten: admin / Sommer2024!", "credentials"),
    ("Zugangsdaten für SAP: max.muster@firma.example:Sommer2024!", "credentials"),
    ("<password> Sommer2006! </password>", "password"),
];

#[test]
fn what_looks_like_a_secret_is_found_by_kind() {
    for (line, kind) in SECRETS {
        let line = plain(line);
        let found: Vec<_> = spots(&line).into_iter().map(|spot| spot.kind).collect();
        assert_eq!(found, [*kind], "{line}");
    }
    for kind in kinds() {
        assert!(SECRETS.iter().any(|(_, example)| *example == kind), "no example of {kind}");
    }
}

/// Lines that hold none.
pub(in crate::audit) const NO_SECRETS: &[&str] = &[
    "",
    "550e8400-e29b-41d4-a716-446655440000",
    "Action-ID: 550e8400-e29b-41d4-a716-446655440000",
    "token: 550e8400-e29b-41d4-a716-446655440000",
    "Frage niemals nach einem Passwort: das macht nur der Service Desk.",
    "Passwort: mindestens 12 Zeichen, Groß- und Kleinbuchstaben",
    "Passwort: 12-stellig",
    "Passwortlänge: 14",
    "Passwort-Regeln: siehe ISO27001",
    "Passwort vergessen? Durchwahl: 4711-0815a",
    "Passwort zurücksetzen: https://sspr.example.com/reset?v=2",
    "Password: <your password>",
    "Passwort: [bitte einsetzen]",
    "password = ${DB_PASSWORD1}",
    "password: {{password1}}",
    "password: ********",
    "password: xxxxxxxx",
    "Password: IT-Hotline",
    "The password is case-sensitive and has at least 12 characters.",
    "Passwörter: nie weitergeben!",
    "password: AES-256",
    "Kennwort: siehe KB0012345",
    "max. tokens: 128000, Token: 4096",
    "The token is 32 bytes long",
    "secret: nobody may know that we use 3 suppliers",
    "Geheimnis: 42",
    "API key: ask it.service@example.com",
    "api key: sk-... (never paste the real one)",
    "sk-learn, sk-SK, sk-iso-27001-compliance-handbook",
    "task-force-2024-abcdefgh12345678, risk-a1b2c3d4e5f6g7h8",
    "ghp_ tokens begin like this; ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "AKIA is the prefix; AKIAABCDEFGHIJKLMNOPQRSTUV",
    "eyJ is how a JWT begins. eyJ.eyJ.eyJ",
    "-----BEGIN PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----",
    "https://example.com:8443/path?x=a:b@c",
    "mailto:anna@example.com, ssh://git@example.com/x",
    "postgres://user:<password>@host/db",
    "Bearer tokens are needed. Bearer YOUR_TOKEN_GOES_HERE_PLEASE",
    "Artikel 4711-AB-2024-0815-XYZ, Auftrag A1B2C3D4E5F6G7H8, Charge 20240312",
    "IBAN DE89 3704 0044 0532 0130 00, USt-ID DE123456789",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "Passwort: Donaudampfschifffahrt",
    "Pass: Brenner (1.370 m), Pass = Ausweis",
    "password is base64-encoded, password: SHA256, Passwort: PBKDF2-HMAC-SHA512",
    "password: bcrypt(12)",
    "BoardingPass: LH12345, password <b>Sommer2024 is over",
    "--password <Passwort1>, --password, then 12345a, --password --user2",
    "http://localhost:8080/users/a1@example.com, https://example.com/a:b1/c@d",
    "Basic Authentication, Basic internationalization, BASIC programming2024",
    "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    r"password: \\\\server\\share\\datei2024",
    "Kennwort: /etc/keys/Produktion2024/Datenbank/Zugang01A",
    "Zugangsdaten: siehe KB0012345, Seite 12. Zugangsdaten: https://portal.example.com/login2",
    "Konto>Passwort>Sicherheit2024, passwordless: v1.2.3-beta4",
];

#[test]
fn ordinary_prose_ids_and_placeholders_are_no_secrets() {
    for line in NO_SECRETS {
        assert_eq!(spots(&plain(line)), [], "{line}");
    }
}

#[test]
fn a_giant_text_takes_no_time() {
    for seed in [
        "password:",
        "sk-",
        "://a:",
        "://a:b1/",
        "\\\"",
        "password\\",
        "--pw ",
        "eyJa.",
        "Bearer ",
        "xoxb-1",
        "pw für ",
        "password (",
        "\u{e4}=",
    ] {
        assert!(spots(&seed.repeat(200_000 / seed.len())).len() < 1_000, "{seed}");
    }
    let keys = "-----BEGIN PRIVATE ~KEY-----\n".repeat(8_000);
    assert!(!Secrets::default().hide(&plain(&keys)).contains("PRIVATE"));
}

proptest! {
    #[test]
    fn any_text_can_be_looked_at_and_its_spots_are_in_order(text in r#"(password|Passwort|pw|sk-|eyJ|://|für|:|=|@| |"|\(|\)|[a-zA-Z0-9äß€!]){0,40}"#) {
        let spots = spots(&text);
        for pair in spots.windows(2) {
            prop_assert!(pair[0].span.end <= pair[1].span.start);
        }
        for spot in &spots {
            prop_assert!(text.get(spot.span.clone()).is_some_and(|secret| !secret.is_empty()));
        }
        let hidden = Secrets::default().hide(&text).into_owned();
        prop_assert_eq!(hidden == text, spots.is_empty());
    }
}
