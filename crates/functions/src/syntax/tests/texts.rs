//! Each text of the table, with its line, as njs 0.7.9 gives them \[E\].

use keyfront_model::FunctionRuntime;

use super::verdict;

#[test]
fn each_text_has_a_program() {
    let table = [
        ("a b", "SyntaxError: Unexpected token \"b\" in 1"),
        ("a 'b c'", "SyntaxError: Unexpected token \"b c\" in 1"),
        ("a `b`", "accepted"),
        ("(\n\n", "SyntaxError: Unexpected end of input in 3"),
        ("( // a", "SyntaxError: Unexpected end of input in 2"),
        ("1 + /* a\n", "SyntaxError: Unexpected token \"/*\" in 2"),
        ("with", "SyntaxError: Not supported in this version in 1"),
        (
            "with\n(a) b",
            "SyntaxError: Token \"(\" not supported in this version in 2",
        ),
        (
            "var [\na] = b",
            "SyntaxError: Token \"a\" not supported in this version in 2",
        ),
        (
            "for (var\n[a] of b);",
            "SyntaxError: Token \"[\" not supported in this version in 2",
        ),
        (
            "try {} catch\n{}",
            "SyntaxError: Token \"{\" not supported in this version in 2",
        ),
        (
            "x = super\n\n.a",
            "SyntaxError: Token \"super\" not supported in this version in 3",
        ),
        (
            "x = import('a')",
            "SyntaxError: Token \"import\" not supported in this version in 1",
        ),
        (
            "x = function\n* () {}",
            "SyntaxError: Token \"*\" not supported in this version in 2",
        ),
        (
            "function\n* f() {}",
            "SyntaxError: Unexpected token \"*\" in 2",
        ),
        (
            "if (a) async function f() {}",
            "SyntaxError: Token \"async\" not supported in this version in 1",
        ),
        (
            "({async *a() {}})",
            "SyntaxError: Unexpected token \"async\" in 1",
        ),
        (
            "x = async => 1",
            "SyntaxError: Unexpected token \"=>\" in 1",
        ),
        ("()\n\n=> 1", "SyntaxError: Unexpected token \")\" in 2"),
        ("export\na", "SyntaxError: Illegal export statement in 2"),
        (
            "{ import\na }",
            "SyntaxError: Illegal import statement in 2",
        ),
        (
            "import\n'a'",
            "SyntaxError: Non-default import is not supported in 2",
        ),
        (
            "import of from 'crypto'",
            "SyntaxError: Non-default import is not supported in 1",
        ),
        (
            "import a from\n'b'\n",
            "SyntaxError: Cannot find module \"b\" in 2",
        ),
        (
            "import a from 'cr\\x79pto'",
            "SyntaxError: Unexpected token \"cr\\x79pto\" in 1",
        ),
        (
            "await\na",
            "SyntaxError: await is only valid in async functions in 2",
        ),
        (
            "async () => f(a, [await\nb])",
            "SyntaxError: await in arguments not supported in 2",
        ),
        // [D] excludes it everywhere; njs overlooks this one.
        (
            "async () => { if (a) { f(await b) } }",
            "SyntaxError: await in arguments not supported in 1",
        ),
        (
            "let a;\nvar\na\n;",
            "SyntaxError: \"a\" has already been declared in 3",
        ),
        (
            "let a; function\na\n()",
            "SyntaxError: \"a\" has already been declared in 3",
        ),
        (
            "let a; { function a() {} }",
            "SyntaxError: \"a\" has already been declared in 1",
        ),
        (
            "try {} catch (e) { let e }",
            "SyntaxError: \"e\" has already been declared in 1",
        ),
        ("try {} catch (e) { var e }", "accepted"),
        (
            "{ var a; function a() {} }",
            "SyntaxError: \"a\" has already been declared in 1",
        ),
        (
            "let undefined",
            "SyntaxError: \"undefined\" has already been declared in 1",
        ),
        (
            "(a,\na\n) => 1",
            "SyntaxError: Duplicate parameter names in 3",
        ),
        (
            "function f(...a\n, b) {}",
            "SyntaxError: Rest parameter must be last formal parameter in 2",
        ),
        (
            "if (a)\nlet\nb",
            "SyntaxError: let declaration cannot appear in a single-statement context in 3",
        ),
        (
            "a: const b = 1",
            "SyntaxError: const declaration cannot appear in a single-statement context in 1",
        ),
        (
            "for (const a;;) {}",
            "SyntaxError: missing initializer in const declaration",
        ),
        (
            "if (a) function f() {}",
            "SyntaxError: Functions can only be declared at top level or inside a block in 1",
        ),
        (
            "if (a) class B {}",
            "SyntaxError: Class can only be declared at top level or inside a block in 1",
        ),
        ("return\n1", "SyntaxError: Illegal return statement in 2"),
        ("{\nbreak\n\n}", "SyntaxError: Illegal break statement in 2"),
        (
            "a: { for (;;) continue a }",
            "SyntaxError: Illegal continue statement in 1",
        ),
        ("break; a b", "SyntaxError: Unexpected token \"b\" in 1"),
        (
            "while (function () { break }) { x = function () { continue } }",
            "SyntaxError: Illegal continue statement in 1",
        ),
        ("for (;;) { break\na }", "accepted"),
        (
            "for (;;) { break a }",
            "SyntaxError: Undefined label \"a\" in 1",
        ),
        (
            "a: a: b",
            "SyntaxError: Label \"a\" has already been declared in 1",
        ),
        (
            "throw\n\na",
            "SyntaxError: Illegal newline after throw in 3",
        ),
        (
            "try {\n}\n",
            "SyntaxError: Missing catch or finally after try in 3",
        ),
        (
            "switch (a) { default:\ndefault: }",
            "SyntaxError: More than one default clause in switch statement in 2",
        ),
        (
            "var eval",
            "SyntaxError: Identifier \"eval\" is forbidden in var declaration in 1",
        ),
        (
            "function eval() {}",
            "SyntaxError: Identifier \"eval\" is forbidden in function declaration in 1",
        ),
        (
            "eval\n= 1",
            "SyntaxError: Identifier \"eval\" is forbidden as left-hand in assignment in 2",
        ),
        (
            "() => arguments\n",
            "SyntaxError: \"arguments\" object in global scope in 2",
        ),
        (
            "f()\n= 1",
            "ReferenceError: Invalid left-hand side in assignment in 2",
        ),
        (
            "({a} = b)",
            "ReferenceError: Invalid left-hand side in assignment in 1",
        ),
        (
            "5 ++\n",
            "ReferenceError: Invalid left-hand side in postfix operation in 1",
        ),
        (
            "++\n5\n",
            "ReferenceError: Invalid left-hand side in prefix operation in 3",
        ),
        (
            "for (f() in a);",
            "ReferenceError: Invalid left-hand side \"f\" in for-in statement in 1",
        ),
        (
            "for (a + b\nin c);",
            "SyntaxError: Invalid left-hand side in for-loop in 2",
        ),
        (
            "for (a ** b;;);",
            "SyntaxError: Unexpected token \"**\" in 1",
        ),
        (
            "delete a\n",
            "SyntaxError: Delete of an unqualified identifier in 2",
        ),
        (
            "-a\n** b",
            "SyntaxError: Either left-hand side or entire exponentiation must be parenthesized in 2",
        ),
        ("a || b ?? c", "SyntaxError: Unexpected token \"??\" in 1"),
        (
            "({get a(b) {}})",
            "SyntaxError: Getter must not have any formal parameters in 1",
        ),
        (
            "({set a() {}})",
            "SyntaxError: Setter must have exactly one formal parameter in 1",
        ),
        (
            "({__proto__: a, '__pr\\x6fto__':\nb})",
            "SyntaxError: Duplicate __proto__ fields are not allowed in object literals in 2",
        ),
        (
            "x = 'a\nb'",
            "SyntaxError: Unterminated string \"'a\n\" in 1",
        ),
        ("`a\n", "SyntaxError: Unterminated template literal in 2"),
        (
            "`${a b}`",
            "SyntaxError: Missing \"}\" in template expression in 1",
        ),
        (
            "'a\\xg'",
            "SyntaxError: Invalid Unicode code point \"a\\xg\" in 1",
        ),
        (
            "'\\1'",
            "SyntaxError: Octal escape sequences can't be used in untagged template literals or in strict mode code \
             in 1",
        ),
        (
            "`\\8`",
            "SyntaxError: The escapes \\8 and \\9 can't be used in untagged template literals or in strict mode code \
             in 1",
        ),
        ("a`\\8`", "accepted"),
        ("x = /a\n/", "SyntaxError: Unterminated RegExp \"/a\" in 1"),
        ("/a/gg", "SyntaxError: Invalid RegExp flags \"gg\" in 1"),
        ("/a/gimx", "SyntaxError: Invalid RegExp flags \"gimx\" in 1"),
        (
            "/[z-a]/",
            "SyntaxError: pcre_compile2(\"[z-a]\") failed: range out of order in character class at \"a]\" in 1",
        ),
        (
            "/(?<=a*)/",
            "SyntaxError: pcre_compile2(\"(?<=a*)\") failed: lookbehind assertion is not fixed length at \"(?<=a*)\" in 1",
        ),
        ("010", "SyntaxError: Unexpected token \"01\" in 1"),
        ("0b102", "SyntaxError: Unexpected token \"0b102\" in 1"),
        ("1__0", "SyntaxError: Unexpected token \"__0\" in 1"),
        ("debugger\na", "SyntaxError: Unexpected token \"a\" in 2"),
    ];
    for (program, expected) in table {
        assert_eq!(
            verdict(program, FunctionRuntime::Js2),
            expected,
            "{program}"
        );
    }
}
