//! Secrets that are known by where they stand, as data: options of commands, connection strings, lines of settings.
//! Where a pattern has `VALUE`, quotes around the secret are not part of it.

use super::assignments::IN_OTHER_LANGUAGES_HINTS;
use super::rules::{Judge, Rule, rule};

/// A value in a shell or in settings, in quotes or without.
pub(super) const VALUE: &str = r#"("[^"\r\n]{3,300}"|'[^'\r\n]{3,300}'|[^\s"'`|&;<>]{3,300})"#;

/// The places.
pub const PLACES: &[Rule] = &[
    rule(
        "bearer",
        "`Authorization` headers",
        &["earer ", "BEARER ", "uthorization", "UTHORIZATION"],
        r#"(?i)\b(?:bearer|authorization["']?\s{0,4}[:=]\s{0,4}["'`]?(?:basic|token|apikey|key))\s{1,4}([A-Za-z0-9._~+/-]{16,}={0,2})"#,
    )
    .judged(Judge::Random),
    rule(
        "url-password",
        "passwords in addresses",
        &["://"],
        r#"[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s:/@"'`<>{}$]{0,100}:((?:[^\s/@"'`<>{}$%]|%[0-9A-Fa-f]{2}|\$[^{(\s@"'`]){3,200})@"#,
    )
    .judged(Judge::Meant),
    rule(
        "query-key",
        "keys and passwords in an address's query",
        &["="],
        r#"[?&](?:api[_-]?key|key|access[_-]?token|auth|token|sig|signature|X-Amz-Signature|X-Goog-Signature|client_secret|secret|password)=([A-Za-z0-9%._~+/-]{16,}={0,2})"#,
    )
    .judged(Judge::Random),
    rule(
        "query-password",
        "",
        &["pass", "pwd"],
        r#"[?&;](?:password|passwd|pwd|pass)=([^&\s"'`;<>#]{6,200})"#,
    )
    .judged(Judge::Password),
    rule(
        "user-option",
        "passwords in options of curl, wget, mysql, sshpass, redis-cli, smbclient, openssl, kubectl and of `login` commands",
        &["curl", "wget"],
        r#"\b(?:curl|wget)\b[^\r\n|;&]{0,300}?\s(?:(?:-u|--user|--proxy-user)[ =]{0,2}["']?[^\s:/"'$]{1,100}:|--(?:http-)?password[ =]["']?)([^\s"'`]{3,200})"#,
    )
    .judged(Judge::Meant),
    rule(
        "mysql-option",
        "",
        &["mysql", "mariadb"],
        r"\b(?:mysql|mariadb)[a-z-]{0,10}\b[^\r\n|;]{0,300}?\s-pVALUE",
    )
    .judged(Judge::Meant),
    rule("sshpass-option", "", &["sshpass"], r"\bsshpass\s[^\r\n|;]{0,60}?-p\s{0,4}VALUE")
        .judged(Judge::Meant),
    rule(
        "redis-option",
        "",
        &["redis-cli"],
        r"\bredis-cli\b[^\r\n|;]{0,300}?\s(?:-a|--pass)[ =]VALUE",
    )
    .judged(Judge::Meant),
    rule(
        "login-option",
        "",
        &[" login "],
        r"\b[a-z]{2,12}\b[^\r\n|;&]{0,40}\slogin\s[^\r\n|;]{0,300}?(?:^|\s)-p[ =]VALUE",
    )
    .judged(Judge::Meant),
    rule(
        "smb-option",
        "",
        &["smb", "rpcclient"],
        r#"\b(?:smb[a-z]{0,10}|rpcclient)\b[^\r\n|;]{0,200}?\s(?:-U|--user)[ =]["']?[^\s%"']{1,60}%([^\s"'`]{3,200})"#,
    )
    .judged(Judge::Meant),
    rule(
        "openssl-option",
        "",
        &[" pass:"],
        r#"\s-pass(?:in|out)?\s{1,3}["']?pass:([^\s"'`]{3,200})"#,
    )
    .judged(Judge::Meant),
    rule(
        "literal-option",
        "",
        &["--from-literal"],
        r#"--from-literal[= ]["']?[\w.-]{0,40}(?i:pass|secret|token|key|pwd)[\w.-]{0,40}=VALUE"#,
    )
    .judged(Judge::Password),
    rule(
        "variable",
        "variables that are set without an equals sign (`setenv`, `setx`, `ENV`)",
        &["setenv ", "setx ", "ENV ", "ARG ", "set -"],
        r"(?m)(?:^|[\s&;])(?:setenv|setx|ENV|ARG|set -[gxU]{1,3})\s{1,4}[A-Za-z0-9_]{0,40}(?i:pass|pwd|secret|token|key|credential)[A-Za-z0-9_]{0,20}[ \t]{1,4}VALUE",
    )
    .judged(Judge::Password),
    rule(
        "quoted-word",
        "passwords behind their name, in words, settings and scripts",
        &["assword ", "assphrase ", "asswd "],
        r#"(?i)(?:password|passphrase|passwd)(?:\s{1,4}|\s(?:is|was):?\s)("[^"\r\n]{6,100}"|'[^'\r\n]{6,100}'|`[^`\r\n]{6,100}`)"#,
    )
    .judged(Judge::Password),
    rule(
        "word",
        "",
        &["assword", "assphrase", "asswd"],
        r#"(?i)\b(?:password|passphrase|passwd)\s(?:is|was):?\s{1,2}([^\s"'`,;]{6,100})"#,
    )
    .judged(Judge::Odd),
    rule(
        "word-of-others",
        "",
        IN_OTHER_LANGUAGES_HINTS,
        r#"(?i)(?:passwort|OTHERS)(?:ь|Ь)?(?:\s|\xc2\xa0|\xe2\x80\xaf){0,2}(?:ist|lautet|war|es|era|est|é|is|это|є|是|为|為|は|은|는)?(?::|：|=|\s){0,3}([!#-&*-+\--:<-_a-~]{6,100})"#,
    )
    .judged(Judge::Odd),
    rule(
        "key-in-words",
        "",
        &["key", "token", "secret"],
        r"(?i)\b(?:api|this|my|the|secret|access|auth|client|bearer)[ -](?:key|token|secret)(?:\s(?:is|was))?:?\s([A-Za-z0-9_+/=-]{24,})",
    )
    .judged(Judge::RandomWithDigit),
    rule(
        "here-string",
        "",
        &["<<<"],
        r"(?i)\b[a-z0-9_]{0,40}(?:pass|pwd|secret|token|key|credential)[a-z0-9_]{0,20}\s{1,2}<<<\s{0,2}VALUE",
    )
    .judged(Judge::Password),
    rule("redis-setting", "", &["requirepass", "masterauth"], r"\b(?:requirepass|masterauth)\s{1,4}VALUE")
        .judged(Judge::Password),
    rule(
        "call",
        "the last argument of calls that take a name and a password",
        &["Credential", "getConnection", "PasswordAuthentication", "asicAuth"],
        r"\b(?:NetworkCredential|UsernamePasswordCredentials|PasswordAuthentication|getConnection|BasicAWSCredentials|(?:HTTP|Http|Set|set|with)?[Bb]asicAuth)\([^()\r\n]{0,200}?,\s{0,4}VALUE\s{0,4}\)",
    )
    .judged(Judge::Password),
    rule("net-use", "", &["net use "], r"(?i)\bnet use\b[^\r\n]{0,200}?/user:\S{1,100}\s{1,4}VALUE")
        .judged(Judge::Password),
    rule("sudo", "", &["sudo"], r"\becho\s{1,4}(?:-n\s{1,4})?VALUE\s{0,4}\|\s{0,4}sudo\s[^\r\n|;]{0,60}?-S\b")
        .judged(Judge::Meant),
    rule(
        "form",
        "the fields of a form",
        &["&"],
        r#"\b(?:client_secret|access_token|refresh_token|id_token|api_?key|password|assertion)=([^&\s"'`]{8,2000})&[A-Za-z_]{1,40}="#,
    )
    .judged(Judge::Random),
    rule(
        "connection-string",
        "passwords in connection strings",
        &["assword=", "ASSWORD=", "wd=", "WD="],
        r#"(?i);\s?(?:password|pwd)=([^;"'`\s]{3,200})"#,
    )
    .judged(Judge::Password),
    rule(
        "connection-string-start",
        "",
        &["assword=", "ASSWORD=", "wd=", "WD="],
        r#"(?i)\b(?:password|pwd)=([^;"'`\s]{3,200});[A-Za-z ]{2,40}="#,
    )
    .judged(Judge::Password),
    rule(
        "connection-words",
        "",
        &["password="],
        r#"\b(?:host|hostaddr|user|dbname)=[^\r\n"]{1,200}?\bpassword=([^\s"'`&;,)]{3,200})"#,
    )
    .judged(Judge::Password),
    rule(
        "name-and-value",
        "the value beside a name, in XML, JSON and YAML",
        &["alue"],
        r#"(?i)\b(?:key|name|id)["']?\s{0,4}[:=]\s{0,4}["']?[\w.\-]{0,60}(?:passw(?:or)?d|pwd|secret|token|(?:api|access|private)[_-]?key)["']?\s{0,4},?\s{0,20}["']?value["']?\s{0,4}[:=]\s{0,4}VALUE"#,
    )
    .judged(Judge::Password),
    rule(
        "name-and-element",
        "",
        &["</"],
        r#"(?i)\b(?:key|name|id)=["'][\w.\-]{0,60}(?:passw(?:or)?d|pwd|secret|token|(?:api|access|private)[_-]?key)["']\s{0,4}>([^<>\s]{6,300})</"#,
    )
    .judged(Judge::Password),
    rule(
        "netrc",
        "lines of .netrc and .pgpass",
        &["login"],
        r#"\b(?:machine\s{1,4}\S{1,100}|default)\s{1,8}login\s{1,4}\S{1,100}\s{1,8}password\s{1,4}([^\s"'`]{3,200})"#,
    )
    .judged(Judge::Meant),
    rule(
        "pgpass",
        "",
        &[":5432:", ":5433:", ":6432:", ":*:"],
        r"(?m)^[^\s:#]{1,100}:(?:5432|5433|6432|\*):[^\s:0-9][^\s:]{0,60}:[^\s:]{1,60}:(\S{3,200})\r?$",
    )
    .judged(Judge::Meant),
    rule(
        "password-hash",
        "hashes of passwords",
        &["$apr1$", "$1$", "$5$", "$6$", "$y$", "$2a$", "$2b$", "$2x$", "$2y$", "$argon2"],
        r"(\$(?:(?:apr1|1|5|6)\$(?:rounds=\d{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{20,90}|2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|y\$[./A-Za-z0-9$]{30,120}|argon2(?:id|i|d)\$[./A-Za-z0-9$=,+]{40,200}))",
    ),
];
