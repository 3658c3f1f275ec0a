//! Expressions: assignments, conditions, operators. Operands are in [`super::operands`].
//!
//! Chains of operators, assignments and conditions are read in a loop, so that only brackets and functions nest.

use std::mem;

use super::parser::{Fallible, Parser};
use super::refusal::{self, Construct, Text};
use super::token::{Kind, Mark, Token, Word};

/// What an expression is, as far as it decides what may follow.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// A name.
    Name,
    /// The name `eval` or `arguments`, which can't be assigned to.
    Restricted(Token),
    /// A member of something.
    Member,
    /// Something with a unary operator before it, without parentheses.
    Unary,
    /// Anything else.
    Other,
}

impl Shape {
    fn is_target(self) -> bool {
        matches!(self, Self::Name | Self::Member)
    }
}

impl Parser<'_> {
    /// Expressions with commas between them.
    pub(super) fn expression(&mut self) -> Fallible<Shape> {
        let mut shape = self.assignment()?;
        while self.eat(Mark::Comma) {
            self.assignment()?;
            shape = Shape::Other;
        }
        Ok(shape)
    }

    /// An expression without commas.
    pub(super) fn assignment(&mut self) -> Fallible<Shape> {
        if self.arrow_function()? {
            return Ok(Shape::Other);
        }
        let shape = self.binary()?;
        self.assignment_after(shape)
    }

    /// The rest of an expression without commas, after its first operands.
    fn assignment_after(&mut self, mut shape: Shape) -> Fallible<Shape> {
        let mut result = shape;
        loop {
            match self.peek().kind {
                Kind::Mark(Mark::Question) => {
                    self.next();
                    self.bracketed(Self::assignment)?;
                    self.expect(Mark::Colon)?;
                }
                Kind::Mark(mark) if mark.assigns() => {
                    self.check_assignment(shape)?;
                    self.next();
                }
                _ => return Ok(result),
            }
            result = Shape::Other;
            if self.arrow_function()? {
                return Ok(result);
            }
            shape = self.binary()?;
        }
    }

    fn check_assignment(&mut self, shape: Shape) -> Fallible {
        let token = self.peek();
        match shape {
            Shape::Restricted(name) => {
                let text = refusal::forbidden_assignment(self.name(&name));
                self.refuse(&name, text, Construct::AssignmentTarget)
            }
            _ if shape.is_target() => Ok(()),
            _ => self.refuse(
                &token,
                refusal::invalid_target("assignment"),
                Construct::AssignmentTarget,
            ),
        }
    }

    /// Operands with operators between them.
    fn binary(&mut self) -> Fallible<Shape> {
        let shape = self.power()?;
        self.binary_after(shape)
    }

    /// Operators and further operands. Which binds more makes no difference to what is refused, except that `??`
    /// can't stand beside `||` and `&&`.
    fn binary_after(&mut self, mut shape: Shape) -> Fallible<Shape> {
        let mut logical = false;
        let mut coalesce = false;
        loop {
            let token = self.peek();
            match token.kind {
                Kind::Word(Word::In) if self.context.no_in => {
                    return self.refuse(&token, refusal::invalid_loop_head(), Construct::Other);
                }
                Kind::Word(Word::In | Word::Instanceof) => {}
                // The expression ends before it; something else will not expect it.
                Kind::Mark(Mark::LogicalAnd | Mark::LogicalOr) if coalesce => return Ok(shape),
                Kind::Mark(Mark::Coalesce) if logical => return self.unexpected(),
                Kind::Mark(Mark::LogicalAnd | Mark::LogicalOr) => logical = true,
                Kind::Mark(Mark::Coalesce) => coalesce = true,
                Kind::Mark(mark) if mark.joins() => {}
                _ => return Ok(shape),
            }
            self.next();
            self.power()?;
            shape = Shape::Other;
        }
    }

    /// An operand, or several with `**` between them. Only the last may have a unary operator before it.
    fn power(&mut self) -> Fallible<Shape> {
        let mut shape = self.unary()?;
        while self.at(Mark::Power) {
            if matches!(shape, Shape::Unary) {
                let token = self.peek();
                return self.refuse(&token, refusal::unparenthesized_power(), Construct::Other);
            }
            self.next();
            shape = match self.unary()? {
                Shape::Unary => Shape::Unary,
                _ => Shape::Other,
            };
        }
        Ok(shape)
    }

    /// An operand with the unary operators before it.
    fn unary(&mut self) -> Fallible<Shape> {
        let mut has_operator = false;
        let mut has_await = false;
        let mut deletes = false;
        loop {
            let token = self.peek();
            match token.kind {
                Kind::Mark(Mark::Plus | Mark::Minus | Mark::Tilde | Mark::Not)
                | Kind::Word(Word::Typeof | Word::Void) => {
                    has_operator = true;
                    deletes = false;
                }
                Kind::Word(Word::Delete) => {
                    has_operator = true;
                    deletes = true;
                }
                Kind::Word(Word::Await) => {
                    self.check_await(&token)?;
                    has_await = true;
                    deletes = false;
                }
                _ => break,
            }
            self.next();
        }
        let shape = self.update()?;
        // Of the two mistakes in `delete a ** b`, the other is seen first [E].
        if deletes && matches!(shape, Shape::Name) && !self.at(Mark::Power) {
            let token = self.last;
            return self.refuse(&token, refusal::delete_of_name(), Construct::Other);
        }
        Ok(match (has_operator, has_await) {
            (true, _) => Shape::Unary,
            (false, true) => Shape::Other,
            (false, false) => shape,
        })
    }

    fn check_await(&mut self, token: &Token) -> Fallible {
        if !self.is_current() {
            return self.not_supported(token, Construct::Async);
        }
        if !self.context.is_async {
            let text = refusal::await_outside_async();
            return self.refuse(token, text, Construct::AwaitOutsideAsync);
        }
        if self.context.in_arguments {
            // The engine overlooks some, in blocks and after another call, and then crashes as it runs them [E].
            let text = refusal::await_in_arguments();
            return self.refuse(token, text, Construct::AwaitInArguments);
        }
        Ok(())
    }

    /// An operand with `++` or `--` before or after it.
    fn update(&mut self) -> Fallible<Shape> {
        if self.at(Mark::Increment) || self.at(Mark::Decrement) {
            self.next();
            let shape = self.operand()?;
            self.peek();
            self.check_update(shape, refusal::invalid_target("prefix operation"))?;
            return Ok(Shape::Other);
        }
        let shape = self.operand()?;
        self.update_after(shape)
    }

    /// `++` or `--` after an operand.
    fn update_after(&mut self, shape: Shape) -> Fallible<Shape> {
        let token = self.peek();
        if token.newline || !(token.is(Mark::Increment) || token.is(Mark::Decrement)) {
            return Ok(shape);
        }
        self.check_update(shape, refusal::invalid_target("postfix operation"))?;
        self.next();
        Ok(Shape::Other)
    }

    fn check_update(&mut self, shape: Shape, text: Text) -> Fallible {
        if shape.is_target() {
            return Ok(());
        }
        let token = self.last;
        self.refuse(&token, text, Construct::AssignmentTarget)
    }

    /// What the head of a `for` begins with, if that is no declaration: `true` if it was the left-hand side of a
    /// `for (… in …)`, and `in` is next.
    pub(super) fn for_head(&mut self) -> Fallible<bool> {
        // After an arrow function or `await` at the beginning, `in` is an operator [E].
        if self.arrow_function()? {
            self.rest_of_expression()?;
            return Ok(false);
        }
        if self.at_word(Word::Await) {
            self.expression()?;
            return Ok(false);
        }
        let no_in = mem::replace(&mut self.context.no_in, true);
        let is_target = self.for_head_without_in()?;
        self.context.no_in = no_in;
        Ok(is_target)
    }

    fn for_head_without_in(&mut self) -> Fallible<bool> {
        let first = self.peek();
        let begins_with_operator = match first.kind {
            Kind::Mark(mark) => matches!(
                mark,
                Mark::Plus
                    | Mark::Minus
                    | Mark::Tilde
                    | Mark::Not
                    | Mark::Increment
                    | Mark::Decrement
            ),
            Kind::Word(word) => matches!(word, Word::Typeof | Word::Void | Word::Delete),
            _ => false,
        };
        if begins_with_operator {
            self.expression()?;
            return Ok(false);
        }
        let shape = self.operand()?;
        let token = self.peek();
        if token.is_word(Word::In) {
            if shape.is_target() {
                return Ok(true);
            }
            let text = refusal::invalid_for_in_target(self.shown(&first).unwrap_or_default());
            return self.refuse(&token, text, Construct::AssignmentTarget);
        }
        // A quirk of the engine: `**` can't follow the first operand here [E].
        let shape = self.update_after(shape)?;
        let shape = self.binary_after(shape)?;
        self.assignment_after(shape)?;
        self.rest_of_expression()?;
        Ok(false)
    }

    fn rest_of_expression(&mut self) -> Fallible {
        while self.eat(Mark::Comma) {
            self.assignment()?;
        }
        Ok(())
    }
}
