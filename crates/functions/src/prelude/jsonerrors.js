// Why a text is no JSON, in the words of njs [E]: this walks a text that the engine refused again, to say where and why.
// Loaded on demand.
(function (host, internal) {
    'use strict';

    const { indexOf, slice, SyntaxError } = internal;
    const { charCodeAt } = internal.uncurried('charCodeAt');

    const END = 'Unexpected end of input';
    const TOKEN = 'Unexpected token';

    const QUOTE = 34;
    const COMMA = 44;
    const COLON = 58;
    const OPEN_LIST = 91;
    const BACKSLASH = 92;
    const CLOSE_LIST = 93;
    const OPEN_OBJECT = 123;
    const CLOSE_OBJECT = 125;

    /** The place of a failure, in UTF-16 units. It is thrown from within the walk and caught at its start. */
    const failure = (reason, at) => ({ __proto__: null, reason, at });

    const skipSpace = (text, start) => {
        let at = start;
        for (let code = charCodeAt(text, at); code === 32 || (code >= 9 && code <= 13 && code !== 11 && code !== 12);) {
            at += 1;
            code = charCodeAt(text, at);
        }
        return at;
    };

    const isDigit = (code) => code >= 48 && code <= 57;

    const isHexDigit = (code) => isDigit(code) || ((code | 32) >= 97 && (code | 32) <= 102);

    /** The four digits after `\u`; gives the place after them. */
    const skipUnicodeEscape = (text, start) => {
        for (let at = start; at < start + 4; at += 1) {
            if (at >= text.length) {
                throw failure(END, text.length);
            }
            if (!isHexDigit(charCodeAt(text, at))) {
                throw failure('Invalid Unicode escape sequence', at);
            }
        }
        return start + 4;
    };

    const skipEscape = (text, at) => {
        if (at >= text.length) {
            throw failure(END, text.length);
        }
        if (text[at] === 'u') {
            return skipUnicodeEscape(text, at + 1);
        }
        if (indexOf('"\\/bfnrt', text[at]) === -1) {
            throw failure('Unknown escape char', at);
        }
        return at + 1;
    };

    const skipString = (text, start) => {
        let at = start + 1;
        while (at < text.length) {
            const code = charCodeAt(text, at);
            if (code === QUOTE) {
                return at + 1;
            }
            if (code < 32) {
                throw failure('Forbidden source char', at);
            }
            at = code === BACKSLASH ? skipEscape(text, at + 1) : at + 1;
        }
        throw failure(END, text.length);
    };

    const skipDigits = (text, start) => {
        let at = start;
        while (isDigit(charCodeAt(text, at))) {
            at += 1;
        }
        return at;
    };

    /** The end of an exponent at `at`, or `at` if there is none. */
    const skipExponent = (text, at) => {
        if ((charCodeAt(text, at) | 32) !== 101) {
            return at;
        }
        const sign = charCodeAt(text, at + 1);
        const digits = sign === 43 || sign === 45 ? at + 2 : at + 1;
        const end = skipDigits(text, digits);
        return end > digits ? end : at;
    };

    const skipNumber = (text, start) => {
        const digits = text[start] === '-' && start + 1 < text.length ? start + 1 : start;
        const end = skipDigits(text, digits);
        if (end === digits) {
            throw failure('Unexpected number', digits);
        }
        if (text[digits] === '0' && end > digits + 1) {
            return digits + 1;
        }
        const hasFraction = text[end] === '.' && isDigit(charCodeAt(text, end + 1));
        return skipExponent(text, hasFraction ? skipDigits(text, end + 1) : end);
    };

    const skipWord = (text, at, word) => {
        if (slice(text, at, at + word.length) !== word) {
            throw failure(TOKEN, at);
        }
        return at + word.length;
    };

    const words = { __proto__: null, t: 'true', f: 'false', n: 'null' };

    const skipScalar = (text, at) => {
        if (at >= text.length) {
            throw failure(END, text.length);
        }
        const code = charCodeAt(text, at);
        if (code === QUOTE) {
            return skipString(text, at);
        }
        const word = words[text[at]];
        if (word !== undefined) {
            return skipWord(text, at, word);
        }
        // njs takes every character up to the digits for the begin of a number [E].
        if (code > 57) {
            throw failure(TOKEN, at);
        }
        return skipNumber(text, at);
    };

    /** A name and its colon. */
    const skipName = (text, start) => {
        const at = skipSpace(text, start);
        if (at >= text.length) {
            throw failure(END, text.length);
        }
        if (charCodeAt(text, at) !== QUOTE) {
            throw failure(TOKEN, at);
        }
        const colon = skipSpace(text, skipString(text, at));
        if (charCodeAt(text, colon) !== COLON) {
            throw failure(TOKEN, colon);
        }
        return colon + 1;
    };

    /** What follows a value: the end of its container, or a comma, after which there has to be more. */
    const skipSeparator = (text, start, close) => {
        const at = skipSpace(text, start);
        if (at >= text.length) {
            throw failure(END, text.length);
        }
        const code = charCodeAt(text, at);
        if (code !== COMMA && code !== close) {
            throw failure(TOKEN, at);
        }
        if (code === COMMA && charCodeAt(text, skipSpace(text, at + 1)) === close) {
            throw failure('Trailing comma', at);
        }
        return at;
    };

    /** Walks the text without recursion: a text may be nested deeper than the stack. */
    const walk = (text) => {
        const closers = internal.newList();
        let at = skipSpace(text, 0);
        for (;;) {
            const code = charCodeAt(text, at);
            if (code === OPEN_LIST || code === OPEN_OBJECT) {
                const close = code === OPEN_LIST ? CLOSE_LIST : CLOSE_OBJECT;
                at = skipSpace(text, at + 1);
                if (charCodeAt(text, at) !== close) {
                    closers[closers.length] = close;
                    at = skipSpace(text, close === CLOSE_OBJECT ? skipName(text, at) : at);
                    continue;
                }
                at += 1;
            } else {
                at = skipScalar(text, at);
            }
            while (closers.length > 0 && charCodeAt(text, at = skipSeparator(text, at, closers[closers.length - 1])) !== COMMA) {
                closers.length -= 1;
                at += 1;
            }
            at = skipSpace(text, at);
            if (closers.length === 0) {
                if (at < text.length) {
                    throw failure(TOKEN, at);
                }
                return;
            }
            at = skipSpace(text, closers[closers.length - 1] === CLOSE_OBJECT ? skipName(text, at + 1) : at + 1);
        }
    };

    /** njs counts characters, not UTF-16 units [E]. */
    const characters = (text, end) => {
        let count = 0;
        for (let at = 0; at < end; at += 1) {
            const code = charCodeAt(text, at);
            count += code >= 0xdc00 && code < 0xe000 ? 0 : 1;
        }
        return count;
    };

    const parseError = (text) => {
        try {
            walk(text);
        } catch (found) {
            if (found.reason !== undefined) {
                return new SyntaxError(found.reason + ' at position ' + characters(text, found.at));
            }
            throw found;
        }
        return new SyntaxError(TOKEN + ' at position 0');
    };

    return parseError;
})
