// What a function's source says at the place of an error: which function was called, which property was set.
// The engine's errors don't name them; njs's do. A place is a line and a column, both from 1, of the last thing
// that was evaluated, which for a call with arguments lies within them. Loaded on demand.
(function (host, internal) {
    'use strict';

    const { newList, slice, indexOf, max, hasOwn, defineNative, RegExp } = internal;
    const { charCodeAt, regExpMatch } = internal.uncurried('charCodeAt', 'regExpMatch');

    const names = () => internal.load('prelude/names.js');

    /** Lines before the place that are looked at if its own isn't enough. A longer call gets a text without a name. */
    const LINES_BEFORE = 10;

    const isNameChar = (code) => (code >= 97 && code <= 122) || (code >= 65 && code <= 90)
        || (code >= 48 && code <= 57) || code === 95 || code === 36 || code > 127;

    const isSpace = (code) => code === 32 || (code >= 9 && code <= 13) || code === 0xa0;

    /**
     * A name or number, a quoted text, a comment or space, or any other character. A template is one token; regular
     * expressions come out in pieces, which does no harm here.
     */
    const TOKEN = new RegExp(
        '[\\w$\\u0080-\\uffff]+|"(?:[^"\\\\]|\\\\.)*"?|\'(?:[^\'\\\\]|\\\\.)*\'?|`(?:[^`\\\\]|\\\\[^])*`?'
        + '|//.*|/\\*[^]*?\\*/|\\s+|=>|[^]', 'g');

    // What the engine looks up in a regular expression is its own here, so that nothing is looked up in the prototype.
    const own = { __proto__: null, exec: internal.methods.regExpExec, flags: 'g', global: true, unicode: false };
    for (const name in own) {
        defineNative(TOKEN, name, { __proto__: null, value: own[name] });
    }

    /** The tokens of a text, as `{text, start}`. */
    const tokens = (text) => {
        const pieces = regExpMatch(TOKEN, text) || [];
        const list = newList();
        for (let i = 0, start = 0; i < pieces.length; i += 1) {
            const piece = pieces[i];
            const code = charCodeAt(piece, 0);
            const isComment = code === 47 && (charCodeAt(piece, 1) === 47 || charCodeAt(piece, 1) === 42);
            if (!isSpace(code) && !isComment) {
                list[list.length] = { __proto__: null, text: piece, start };
            }
            start += piece.length;
        }
        return list;
    };

    /** The tokens around a place, and which of them is there; `undefined` if the place isn't in the source. */
    const tokensAround = (line, column, linesBefore) => {
        let text = '';
        for (let i = max(1, line - linesBefore); i < line; i += 1) {
            text += host.sourceLine(i) + '\n';
        }
        const start = text.length + column - 1;
        text += host.sourceLine(line);
        const list = tokens(text);
        for (let i = 0; i < list.length; i += 1) {
            // A place within a template is its token's.
            if (list[i].start <= start && start < list[i].start + list[i].text.length) {
                return { __proto__: null, list, at: i };
            }
        }
        return undefined;
    };

    const textAt = (list, i) => (i >= 0 && i < list.length ? list[i].text : '');

    const isName = (text) => text !== '' && isNameChar(charCodeAt(text, 0));

    const isQuoted = (text) => text !== '' && indexOf('\'"`', text[0]) !== -1;

    /** The value of a literal key, as text: `'a'`, `"a"`, `1`. */
    const literalKey = (text) => {
        if (isQuoted(text)) {
            return slice(text, 1, -1);
        }
        const code = charCodeAt(text, 0);
        return code >= 48 && code <= 57 ? text : undefined;
    };

    const openings = { __proto__: null, ')': '(', ']': '[', '}': '{' };

    /** The bracket that the one at `i` closes. */
    const openingBefore = (list, i) => {
        let depth = 0;
        for (let at = i; at >= 0; at -= 1) {
            const text = list[at].text;
            if (openings[text] !== undefined) {
                depth += 1;
            } else if (isOpening(text)) {
                depth -= 1;
            }
            if (depth === 0) {
                return at;
            }
        }
        return -1;
    };

    /**
     * The expression that ends at token `i`, which is called or assigned to: `{name}` of a variable, `{property}`
     * of a member (`undefined` if it is computed), or neither.
     */
    const memberEndingAt = (list, i) => {
        const text = textAt(list, i);
        if (text === ']') {
            const open = openingBefore(list, i);
            const isLiteral = open === i - 2;
            return { __proto__: null, property: isLiteral ? literalKey(list[i - 1].text) : undefined, isMember: true };
        }
        if (!isName(text)) {
            // Of `(1)(…)`, the literal.
            const isLiteral = text === ')' && openingBefore(list, i) === i - 2;
            return { __proto__: null, isMember: false, name: isLiteral ? list[i - 1].text : text };
        }
        const before = textAt(list, i - 1);
        const isMember = before === '.';
        return { __proto__: null, property: isMember ? text : undefined, name: isMember ? undefined : text, isMember };
    };

    /** The bracket that closes the one at `i`. */
    const closingAfter = (list, i) => {
        let depth = 0;
        for (let at = i; at < list.length; at += 1) {
            depth += isOpening(list[at].text) ? 1 : openings[list[at].text] !== undefined ? -1 : 0;
            if (depth === 0) {
                return at;
            }
        }
        return list.length - 1;
    };

    const isOpening = (text) => text === '(' || text === '[' || text === '{';

    /** The last token of the expression `a.b[c].d` that starts at `i`; calls are part of it if `withCalls`. */
    const chainEnd = (list, i, withCalls) => {
        let end = isOpening(textAt(list, i)) ? closingAfter(list, i) : i;
        for (;;) {
            const next = textAt(list, end + 1);
            if (next === '.' && isName(textAt(list, end + 2))) {
                end += 2;
            } else if (next === '[' || (next === '(' && withCalls)) {
                end = closingAfter(list, end + 1);
            } else {
                return end;
            }
        }
    };

    const keywords = {
        __proto__: null, if: 1, while: 1, for: 1, switch: 1, catch: 1, return: 1, typeof: 1, function: 1, await: 1,
        async: 1, new: 1, delete: 1, void: 1, throw: 1, in: 1, instanceof: 1, else: 1, do: 1,
    };

    const isBody = (list, at) => list[at].text === '{' && (textAt(list, at - 1) === ')' || textAt(list, at - 1) === '=>');

    /** The bracket that token `i` is directly within; -1 if the nearest one is a function's body. */
    const bracketAround = (list, i) => {
        let isPastComma = false;
        for (let at = i - 1; at >= 0; at -= 1) {
            isPastComma = isPastComma || list[at].text === ',';
            if (openings[list[at].text] !== undefined) {
                at = openingBefore(list, at);
            } else if (list[at].text === '=>' && !isPastComma) {
                return -1;
            } else if (isOpening(list[at].text)) {
                return isBody(list, at) ? -1 : at;
            }
        }
        return -1;
    };

    /** What is called with the bracket at `open` around its arguments, around a computed key of its name, or around itself. */
    const calleeOf = (list, open) => {
        if (list[open].text === '(' && isCallee(list, open - 1)) {
            return memberEndingAt(list, open - 1);
        }
        const close = closingAfter(list, open);
        const isCalled = list[open].text !== '{' && textAt(list, close + 1) === '(';
        return isCalled ? memberEndingAt(list, close) : undefined;
    };

    const isCallee = (list, i) => {
        const text = textAt(list, i);
        return text === ')' || text === ']' || (isName(text) && keywords[text] === undefined);
    };

    /** Built-ins that are certainly functions: the call that failed is one around them. */
    const isBuiltIn = (member) => {
        if (member.isMember) {
            return member.property !== undefined && names().isMethod(member.property);
        }
        return member.name !== undefined && hasOwn(globalThis, member.name) && typeof globalThis[member.name] === 'function';
    };

    /** The expression at `at`, if it is what is called: `a.b(…)`, `new a.b`. */
    const calleeFrom = (list, at) => {
        if (keywords[list[at].text] !== undefined) {
            return undefined;
        }
        const end = chainEnd(list, at, false);
        const next = textAt(list, end + 1);
        if (next === '(' || next === '`' || textAt(list, at - 1) === 'new') {
            return memberEndingAt(list, end);
        }
        return undefined;
    };

    /**
     * What was called at a place, if that can be found. The place is the callee's last name, or something in the
     * arguments. Of the calls around it the innermost is meant whose callee isn't known to be a function; a method
     * with the name of a built-in one may be missing all the same, if nothing else is in question.
     */
    const calleeWithin = (line, column, linesBefore) => {
        const around = tokensAround(line, column, linesBefore);
        if (around === undefined) {
            return undefined;
        }
        const { list, at } = around;
        let likeliest = calleeFrom(list, at);
        let found = likeliest;
        for (let open = bracketAround(list, at); open !== -1 && (found === undefined || isBuiltIn(found));) {
            found = calleeOf(list, open);
            const isBetter = found !== undefined && (likeliest === undefined || (found.isMember && !isBuiltIn(found)));
            likeliest = isBetter ? found : likeliest;
            open = bracketAround(list, open);
        }
        return likeliest;
    };

    const skipSpaces = (text, start, step) => {
        let at = start;
        while (isSpace(charCodeAt(text, at))) {
            at += step;
        }
        return at;
    };

    /** The commonest case, without any tokens: a name at the place, and arguments after it. */
    const calleeAt = (line, column) => {
        const text = host.sourceLine(line);
        const start = column - 1;
        let end = start;
        while (isNameChar(charCodeAt(text, end))) {
            end += 1;
        }
        const name = slice(text, start, end);
        if (end === start || keywords[name] !== undefined || text[skipSpaces(text, end, 1)] !== '(') {
            return undefined;
        }
        const isMember = text[skipSpaces(text, start - 1, -1)] === '.';
        const found = { __proto__: null, isMember, property: isMember ? name : undefined, name: isMember ? undefined : name };
        return isBuiltIn(found) ? undefined : found;
    };

    const callee = (line, column) => {
        let found = calleeAt(line, column);
        if (found === undefined) {
            found = calleeWithin(line, column, 0);
        }
        if (found === undefined) {
            found = calleeWithin(line, column, LINES_BEFORE);
        }
        return found === undefined ? { __proto__: null, isMember: false, name: '' } : found;
    };

    const isAssignment = (list, i) => {
        const text = textAt(list, i);
        const next = textAt(list, i + 1);
        return (text === '=' && next !== '=' && next !== '=>') || (indexOf('+-*/%&|^<>?', text) !== -1 && text !== ''
            && (next === '=' || next === text));
    };

    /** The assignment whose right side token `i` is on; -1 if there is none. */
    const assignmentBefore = (list, i) => {
        for (let at = i - 1; at >= 0; at -= 1) {
            const text = list[at].text;
            if (text === ')' || text === ']') {
                at = openingBefore(list, at);
            } else if (text === ';' || text === '{' || text === '}' || isOpening(text)) {
                return -1;
            } else if (isAssignment(list, at)) {
                return at;
            }
        }
        return -1;
    };

    /** What is assigned to: the place is on its left side, or on the right, as that is evaluated last. */
    const assigned = (line, column) => {
        const around = tokensAround(line, column, 0);
        if (around === undefined) {
            return undefined;
        }
        const { list, at } = around;
        const end = chainEnd(list, at, true);
        const isPrefixed = at > 1 && list[at - 1].text === list[at - 2].text && isAssignment(list, at - 2);
        if (isPrefixed || isAssignment(list, end + 1)) {
            return memberEndingAt(list, end);
        }
        const operator = assignmentBefore(list, at);
        return memberEndingAt(list, operator === -1 ? end : operator - 1);
    };

    /** The member that `delete` was to remove: after the last `delete` before the place. */
    const deleted = (line, column) => {
        const around = tokensAround(line, column, 0);
        for (let i = around === undefined ? -1 : around.at; i >= 0; i -= 1) {
            if (around.list[i].text === 'delete') {
                return memberEndingAt(around.list, chainEnd(around.list, i + 1, true));
            }
        }
        return undefined;
    };

    /** The type of the literal at a place: of what else is a primitive, a string is the likeliest. */
    const primitiveType = (line, column) => {
        const around = tokensAround(line, column, 0);
        let at = around === undefined ? 0 : around.at;
        while (around !== undefined && textAt(around.list, at) === '(') {
            at += 1;
        }
        return literalType(around === undefined ? '' : textAt(around.list, at), 'string');
    };

    /** The type of a literal; of anything else, what is likeliest. */
    const literalType = (text, likeliest) => {
        if (isQuoted(text)) {
            return 'string';
        }
        if (text === 'true' || text === 'false') {
            return 'boolean';
        }
        const code = charCodeAt(text, 0);
        return code >= 48 && code <= 57 ? 'number' : text === 'null' ? text : text === 'Symbol' ? 'symbol' : likeliest;
    };

    return { __proto__: null, callee, assigned, deleted, primitiveType, literalType };
})
