// What njs's library for regular expressions, PCRE2, says of a pattern that the engine refused. Loaded on demand.
(function (host, internal) {
    'use strict';

    const { indexOf, slice, getPrototypeOf, SyntaxError } = internal;

    /** Calls `visit` with each place of a pattern that is neither escaped nor within a class, until it gives true. */
    const findPlace = (pattern, visit) => {
        let isClass = false;
        for (let i = 0; i < pattern.length; i += 1) {
            if (pattern[i] === '\\') {
                i += 1;
            } else if (isClass) {
                isClass = pattern[i] !== ']';
            } else if (pattern[i] === '[') {
                isClass = true;
            } else if (visit(i)) {
                return i;
            }
        }
        return pattern.length;
    };

    const isQuantifier = (char) => char !== undefined && char !== '' && indexOf('*+?', char) !== -1;

    /** The first quantifier without anything to repeat. */
    const strayQuantifier = (pattern) => findPlace(pattern, (i) => {
        const before = i === 0 ? '(' : pattern[i - 1];
        const isGroup = before === '(' && i > 0 && pattern[i] === '?';
        const isLazy = (isQuantifier(before) || before === '}') && pattern[i] === '?' && !isQuantifier(pattern[i - 2]);
        return isQuantifier(pattern[i]) && (indexOf('(|^$', before) !== -1 || isQuantifier(before)) && !isGroup && !isLazy;
    });

    const strayBracket = (pattern) => {
        let depth = 0;
        return findPlace(pattern, (i) => {
            depth += pattern[i] === '(' ? 1 : pattern[i] === ')' ? -1 : 0;
            return depth < 0;
        });
    };

    const endsInBackslash = (pattern) => {
        let count = 0;
        for (let i = pattern.length - 1; i >= 0 && pattern[i] === '\\'; i -= 1) {
            count += 1;
        }
        return count % 2 === 1;
    };

    const end = (pattern) => pattern.length;

    const unexpectedEnd = (pattern) => (endsInBackslash(pattern)
        ? '\\ at end of pattern'
        : 'missing terminating ] for character class');

    /** The engine's reasons, PCRE2's, and where the rest of the pattern begins that njs shows. */
    const reasons = {
        __proto__: null,
        "expecting ')'": [() => 'missing closing parenthesis', end],
        'unexpected end': [unexpectedEnd, end],
        'extraneous characters at the end': [() => 'unmatched closing parenthesis', strayBracket],
        'nothing to repeat': [() => 'quantifier does not follow a repeatable item', strayQuantifier],
        'invalid repetition count': [() => 'numbers out of order in {} quantifier', (pattern) => indexOf(pattern, '}')],
        'invalid class range': [() => 'range out of order in character class', end],
        'invalid group name': [() => 'syntax error in subpattern name (missing terminator?)', end],
        'duplicate group name': [() => 'two named subpatterns have the same name (PCRE2_DUPNAMES not set)', end],
        'group name not defined': [() => 'reference to non-existent subpattern', end],
    };

    const patternError = (pattern, error) => {
        const reason = getPrototypeOf(error) === SyntaxError.prototype ? reasons[error.message] : undefined;
        if (reason === undefined) {
            return error;
        }
        const rest = slice(pattern, reason[1](pattern));
        return new SyntaxError('pcre_compile2("' + pattern + '") failed: ' + reason[0](pattern) + ' at "' + rest + '"');
    };

    return patternError;
})
