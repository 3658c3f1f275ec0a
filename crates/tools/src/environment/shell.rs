//! How shells write a variable.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use anyhow::anyhow;
use clap::ValueEnum;

use super::changes::Variable;

/// A shell whose language is written.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shell {
    Sh,
    Fish,
    Powershell,
}

impl Shell {
    /// The line, without its end, that sets the variable or takes it away. It is bytes, since a value
    /// need not be UTF-8.
    ///
    /// # Errors
    /// PowerShell has no way to write a value that is not UTF-8.
    pub(crate) fn line(self, variable: &Variable) -> anyhow::Result<Vec<u8>> {
        let name = variable.name;
        let Some(value) = &variable.value else {
            return Ok(self.unset(name).into_bytes());
        };
        let start = match self {
            Self::Sh => format!("export {name}="),
            Self::Fish => format!("set -gx {name} "),
            Self::Powershell => format!("$env:{name} = "),
        };
        let quoted = self
            .quote(value)
            .ok_or_else(|| anyhow!("PowerShell can't set {name}, whose value is not UTF-8"))?;
        Ok([start.into_bytes(), quoted].concat())
    }

    fn unset(self, name: &str) -> String {
        match self {
            Self::Sh => format!("unset {name}"),
            Self::Fish => format!("set -e {name}"),
            Self::Powershell => format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue"),
        }
    }

    /// How the output of `keyfront env` with these options is taken over.
    pub(crate) fn usage(self, command: &str) -> String {
        match self {
            Self::Sh => format!("eval \"$({command})\""),
            Self::Fish => format!("{command} | source"),
            Self::Powershell => format!("{command} | Out-String | Invoke-Expression"),
        }
    }

    /// The value as one word in which nothing is expanded; `None` if the shell can't write it.
    fn quote(self, value: &OsStr) -> Option<Vec<u8>> {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:@".contains(byte);
        let bytes = value.as_bytes();
        let escaped = match self {
            Self::Sh if !bytes.is_empty() && bytes.iter().all(plain) => return Some(bytes.into()),
            Self::Sh => escape(bytes, |byte| match byte {
                b'\'' => Some(br"'\''"),
                _ => None,
            }),
            Self::Fish => escape(bytes, |byte| match byte {
                b'\\' => Some(br"\\"),
                b'\'' => Some(br"\'"),
                _ => None,
            }),
            Self::Powershell => double_quotes(value.to_str()?).into_bytes(),
        };
        Some([b"'", escaped.as_slice(), b"'"].concat())
    }
}

/// The bytes, each as it is or as what stands for it.
fn escape(bytes: &[u8], replacement: impl Fn(u8) -> Option<&'static [u8]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        match replacement(*byte) {
            Some(text) => out.extend_from_slice(text),
            None => out.push(*byte),
        }
    }
    out
}

/// PowerShell takes the typographic quotation marks U+2018 to U+201B for `'` (its language
/// specification, "Verbatim string literals"); any of them twice stands for itself.
fn double_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            out.push(c);
        }
        out.push(c);
    }
    out
}

/// A word of a command line for `sh`, for texts that a person may paste.
pub(crate) fn word(text: &str) -> String {
    let quoted = Shell::Sh.quote(OsStr::new(text)).unwrap_or_default();
    String::from_utf8_lossy(&quoted).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(shell: Shell, value: Option<&str>) -> String {
        let variable = Variable {
            name: "A",
            value: value.map(Into::into),
        };
        String::from_utf8(shell.line(&variable).unwrap()).unwrap()
    }

    #[test]
    fn nothing_in_a_value_is_expanded() {
        let value = Some(r"$(x) 'y' \");
        assert_eq!(line(Shell::Sh, value), r"export A='$(x) '\''y'\'' \'");
        assert_eq!(line(Shell::Fish, value), r"set -gx A '$(x) \'y\' \\'");
        assert_eq!(line(Shell::Powershell, value), r"$env:A = '$(x) ''y'' \'");
    }

    #[test]
    fn no_quotation_mark_ends_a_string_of_powershell() {
        for mark in ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'] {
            let value = format!("x{mark}; calc; {mark}y");
            let expected = format!("$env:A = 'x{mark}{mark}; calc; {mark}{mark}y'");
            assert_eq!(line(Shell::Powershell, Some(&value)), expected);
        }
        let double = "\u{201c}x\u{201d}";
        let expected = format!("$env:A = '{double}'");
        assert_eq!(line(Shell::Powershell, Some(double)), expected);
    }

    #[test]
    fn bytes_that_are_no_text_are_kept() {
        let variable = Variable {
            name: "A",
            value: Some(OsStr::from_bytes(b"\xff'").to_owned()),
        };
        assert_eq!(Shell::Sh.line(&variable).unwrap(), b"export A='\xff'\\'''");
        assert_eq!(Shell::Fish.line(&variable).unwrap(), b"set -gx A '\xff\\''");
        let error = Shell::Powershell.line(&variable).unwrap_err().to_string();
        assert_eq!(error, "PowerShell can't set A, whose value is not UTF-8");
    }

    #[test]
    fn simple_values_stay_simple() {
        let value = Some("http://x@127.0.0.1:4566");
        assert_eq!(line(Shell::Sh, value), "export A=http://x@127.0.0.1:4566");
        assert_eq!(line(Shell::Sh, Some("*.a")), "export A='*.a'");
        assert_eq!(line(Shell::Sh, Some("")), "export A=''");
        assert_eq!(line(Shell::Sh, None), "unset A");
    }
}
