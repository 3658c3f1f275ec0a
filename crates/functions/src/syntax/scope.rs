//! Scopes: which names are declared where, and which declarations exclude each other.
//!
//! The rules were tried with njs \[E\]. They are nearly those of strict mode; the exceptions are named below.

use std::collections::HashMap;

/// How a name is declared in a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// By `let`, `const` or `import`.
    Lexical,
    /// By `var`, as a parameter or as a function, at a function's top level.
    Var,
    /// By a function in a block.
    BlockFunction,
    /// As a `catch`'s error.
    Error,
    /// By the function's first `var` of that name, in this block, and so at the function's top level. The engine
    /// holds that against functions in the block, and not against `let`.
    VarHere,
    /// By any other `var` in this block or a block in it. The engine holds that against nothing.
    VarPast,
}

#[derive(Debug, Default)]
struct Scope<'s> {
    is_function: bool,
    names: HashMap<&'s str, Mark>,
}

/// The scopes around a place in a program, the innermost last.
#[derive(Debug)]
pub(super) struct Scopes<'s> {
    scopes: Vec<Scope<'s>>,
}

/// A name is already declared, so that another declaration of it is refused.
#[derive(Debug)]
pub(super) struct AlreadyDeclared;

impl<'s> Scopes<'s> {
    /// The global scope, in which `undefined` is declared.
    pub(super) fn new() -> Self {
        let global = Scope {
            is_function: true,
            names: HashMap::from([("undefined", Mark::Var)]),
        };
        Self {
            scopes: vec![global],
        }
    }

    /// Enters a function, or a block of one.
    pub(super) fn enter(&mut self, is_function: bool) {
        self.scopes.push(Scope {
            is_function,
            names: HashMap::new(),
        });
    }

    /// Leaves the innermost scope.
    pub(super) fn leave(&mut self) {
        self.scopes.pop();
    }

    /// Declares a `let`, a `const` or an `import`. `Ok(true)` if there is a `var` of that name in the same block or in
    /// a block in it, which quickjs refuses.
    pub(super) fn declare_lexical(&mut self, name: &'s str) -> Result<bool, AlreadyDeclared> {
        let Some(scope) = self.scopes.last_mut() else {
            return Ok(false);
        };
        let before = scope.names.get(name).copied();
        if !matches!(before, None | Some(Mark::VarHere | Mark::VarPast)) {
            return Err(AlreadyDeclared);
        }
        scope.names.insert(name, Mark::Lexical);
        Ok(before.is_some())
    }

    /// Declares a `var`, in the function's scope, past the blocks between.
    pub(super) fn declare_var(&mut self, name: &'s str) -> Result<(), AlreadyDeclared> {
        let mut is_new = false;
        for scope in self.scopes.iter_mut().rev() {
            if matches!(
                scope.names.get(name),
                Some(Mark::Lexical | Mark::BlockFunction)
            ) {
                return Err(AlreadyDeclared);
            }
            if scope.is_function {
                is_new = !scope.names.contains_key(name);
                scope.names.entry(name).or_insert(Mark::Var);
                break;
            }
            scope.names.entry(name).or_insert(Mark::VarPast);
        }
        let innermost = self
            .scopes
            .last_mut()
            .and_then(|scope| scope.names.get_mut(name));
        if let Some(mark) = innermost.filter(|mark| is_new && **mark == Mark::VarPast) {
            *mark = Mark::VarHere;
        }
        Ok(())
    }

    /// Declares a function, in its block; a `let` of that name around the block excludes it, too.
    pub(super) fn declare_function(&mut self, name: &'s str) -> Result<(), AlreadyDeclared> {
        let mut mark = Mark::BlockFunction;
        for (depth, scope) in self.scopes.iter().rev().enumerate() {
            match (depth, scope.names.get(name)) {
                (_, Some(Mark::Lexical)) => return Err(AlreadyDeclared),
                (0, Some(mark)) if !scope.is_function && *mark != Mark::VarPast => {
                    return Err(AlreadyDeclared);
                }
                _ => {}
            }
            if scope.is_function {
                if depth == 0 {
                    mark = Mark::Var;
                }
                break;
            }
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.names.insert(name, mark);
        }
        Ok(())
    }

    /// Declares a parameter.
    pub(super) fn declare_parameter(&mut self, name: &'s str) -> Result<(), AlreadyDeclared> {
        match self
            .scopes
            .last_mut()
            .and_then(|scope| scope.names.insert(name, Mark::Var))
        {
            Some(_) => Err(AlreadyDeclared),
            None => Ok(()),
        }
    }

    /// Declares a `catch`'s error.
    pub(super) fn declare_error(&mut self, name: &'s str) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.names.insert(name, Mark::Error);
        }
    }
}
