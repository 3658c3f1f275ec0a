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
    /// A line that sets the variable or takes it away.
    pub(crate) fn line(self, variable: &Variable) -> String {
        let name = variable.name;
        match (self, &variable.value) {
            (Self::Sh, Some(value)) => format!("export {name}={}", self.quote(value)),
            (Self::Sh, None) => format!("unset {name}"),
            (Self::Fish, Some(value)) => format!("set -gx {name} {}", self.quote(value)),
            (Self::Fish, None) => format!("set -e {name}"),
            (Self::Powershell, Some(value)) => format!("$env:{name} = {}", self.quote(value)),
            (Self::Powershell, None) => {
                format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue")
            }
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

    fn quote(self, value: &str) -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@".contains(&byte);
        let escaped = match self {
            Self::Sh if !value.is_empty() && value.bytes().all(plain) => return value.to_owned(),
            Self::Sh => value.replace('\'', r"'\''"),
            Self::Fish => value.replace('\\', r"\\").replace('\'', r"\'"),
            Self::Powershell => value.replace('\'', "''"),
        };
        format!("'{escaped}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(shell: Shell, value: Option<&str>) -> String {
        shell.line(&Variable {
            name: "A",
            value: value.map(str::to_owned),
        })
    }

    #[test]
    fn nothing_in_a_value_is_expanded() {
        let value = Some(r"$(x) 'y' \");
        assert_eq!(line(Shell::Sh, value), r"export A='$(x) '\''y'\'' \'");
        assert_eq!(line(Shell::Fish, value), r"set -gx A '$(x) \'y\' \\'");
        assert_eq!(line(Shell::Powershell, value), r"$env:A = '$(x) ''y'' \'");
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
