// Date as it is in a function: the time of a run stands still, the time zone is UTC [D R20], and texts are read
// and written as njs does [E]: an ISO date with a numeric offset, or with a space for the T, is no date. Loaded
// on demand, before a function can reach anything of the engine's Date.
(function (host, internal) {
    'use strict';

    const {
        defineAll, define, isObject, apply, uncurry, indexOf, slice, toText, String,
        Date: NativeDate,
    } = internal;
    const { charCodeAt, dateValue } = internal.uncurried('charCodeAt', 'dateValue');

    const utc = NativeDate.UTC;
    const prototype = NativeDate.prototype;
    const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

    /** A text and a place in it. Each of its readers moves the place, or gives NaN and so spoils the date. */
    const scanner = (text) => ({ __proto__: null, text, at: 0 });

    const peek = (scan) => charCodeAt(scan.text, scan.at);
    const isDigit = (code) => code >= 48 && code <= 57;
    const atEnd = (scan) => scan.at >= scan.text.length;

    const digits = (scan, count) => {
        let value = 0;
        for (let i = 0; i < count; i += 1, scan.at += 1) {
            value = isDigit(peek(scan)) ? value * 10 + peek(scan) - 48 : NaN;
        }
        return value;
    };

    const literal = (scan, text) => {
        const isHere = slice(scan.text, scan.at, scan.at + text.length) === text;
        scan.at += isHere ? text.length : 0;
        return isHere;
    };

    const skipSpaces = (scan) => {
        const start = scan.at;
        while (peek(scan) === 32) {
            scan.at += 1;
        }
        return scan.at > start;
    };

    /** A fraction of a second in milliseconds: any number of digits, of which three count. */
    const fraction = (scan) => {
        const start = scan.at;
        let value = 0;
        for (let weight = 100; isDigit(peek(scan)); scan.at += 1, weight /= 10) {
            value += weight >= 1 ? (peek(scan) - 48) * weight : 0;
        }
        return scan.at > start ? value : NaN;
    };

    /** `hh:mm:ss`, in milliseconds; the seconds may be left out in an ISO time. */
    const clock = (scan, needsSeconds) => {
        const hours = digits(scan, 2);
        const minutes = literal(scan, ':') ? digits(scan, 2) : NaN;
        const hasSeconds = literal(scan, ':');
        const seconds = hasSeconds ? digits(scan, 2) : needsSeconds ? NaN : 0;
        const milliseconds = hasSeconds && !needsSeconds && literal(scan, '.') ? fraction(scan) : 0;
        return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds;
    };

    const isoYear = (scan) => {
        const isNegative = literal(scan, '-');
        if (!isNegative && !literal(scan, '+')) {
            return digits(scan, 4);
        }
        let count = 0;
        while (count < 6 && isDigit(charCodeAt(scan.text, scan.at + count))) {
            count += 1;
        }
        const year = count < 4 ? NaN : digits(scan, count);
        return isNegative ? (year === 0 ? NaN : -year) : year;
    };

    /** Midnight of a day. The first 100 years are themselves, which `Date.UTC` takes for those of 1900. */
    const midnight = (year, month, day) => {
        const whole = utc(year < 0 || year > 99 ? year : year + 400, month, day);
        return year < 0 || year > 99 ? whole : whole - 12622780800000;
    };

    const parseIso = (text) => {
        const scan = scanner(text);
        const year = isoYear(scan);
        const month = literal(scan, '-') ? digits(scan, 2) : 1;
        const day = literal(scan, '-') ? digits(scan, 2) : 1;
        let time = 0;
        if (literal(scan, 'T')) {
            time = clock(scan, false);
            literal(scan, 'Z');
        }
        return atEnd(scan) ? midnight(year, month - 1, day) + time : NaN;
    };

    const monthName = (scan) => {
        const at = indexOf(MONTHS, slice(scan.text, scan.at, scan.at + 3));
        scan.at += 3;
        return at >= 0 && at % 3 === 0 && scan.at <= scan.text.length ? at / 3 : NaN;
    };

    /** `+0900`, in milliseconds east of UTC. */
    const offset = (scan) => {
        const sign = literal(scan, '-') ? -1 : literal(scan, '+') ? 1 : NaN;
        return sign * (digits(scan, 2) * 60 + digits(scan, 2)) * 60000;
    };

    const separated = (scan, read) => (skipSpaces(scan) ? read() : NaN);

    /** `15 Feb 2024 09:00:00 GMT`, after the name of the day. What follows GMT is not looked at [E]. */
    const parseRfc = (scan) => {
        const day = digits(scan, 2);
        const month = separated(scan, () => monthName(scan));
        const year = separated(scan, () => digits(scan, 4));
        if (atEnd(scan)) {
            return midnight(year, month, day);
        }
        const time = separated(scan, () => clock(scan, true));
        const zone = atEnd(scan) ? 0 : separated(scan, () => rfcZone(scan));
        return midnight(year, month, day) + time - zone;
    };

    const rfcZone = (scan) => (literal(scan, 'GMT') || literal(scan, 'UTC') ? 0 : offset(scan));

    /** `Feb 15 2024 09:00:00 GMT+0000`, after the name of the day. What follows is not looked at [E]. */
    const parseOwn = (scan) => {
        const month = monthName(scan);
        const day = separated(scan, () => digits(scan, 2));
        const year = separated(scan, () => digits(scan, 4));
        if (atEnd(scan)) {
            return midnight(year, month, day);
        }
        const time = separated(scan, () => clock(scan, true));
        const zone = atEnd(scan) ? 0 : separated(scan, () => (literal(scan, 'GMT') ? offset(scan) : NaN));
        return midnight(year, month, day) + time - zone;
    };

    const parseNamed = (text) => {
        const comma = indexOf(text, ',');
        const scan = scanner(text);
        if (comma >= 0) {
            scan.at = comma + 1;
            return skipSpaces(scan) ? parseRfc(scan) : NaN;
        }
        const isMonth = indexOf(MONTHS, slice(text, 0, 3)) % 3 === 0 && text.length > 3;
        scan.at = isMonth ? 0 : indexOf(text, ' ') + 1;
        return parseOwn(scan);
    };

    const parse = (text) => {
        const first = charCodeAt(text, 0);
        if (isDigit(first) && text[2] === ' ') {
            return parseRfc(scanner(text));
        }
        return isDigit(first) || first === 43 || first === 45 ? parseIso(text) : parseNamed(text);
    };

    /** The primitive of an argument, or a date's own value. */
    const primitiveOf = (value) => {
        if (!isObject(value)) {
            return value;
        }
        const time = internal.attempt(dateValue, value);
        if (time !== undefined) {
            return time;
        }
        const primitive = typeof value.valueOf === 'function' ? value.valueOf() : value;
        return isObject(primitive) ? String(value) : primitive;
    };

    const timeOf = (value) => {
        const primitive = primitiveOf(value);
        return typeof primitive === 'string' ? parse(primitive) : +primitive;
    };

    function Date(year, month, day, hours, minutes, seconds, milliseconds) {
        if (new.target === undefined) {
            return textOf(new NativeDate(host.now()));
        }
        if (arguments.length < 2) {
            return new NativeDate(arguments.length === 0 ? host.now() : timeOf(year));
        }
        return new NativeDate(apply(utc, undefined, arguments));
    }

    internal.defineNative(Date, 'prototype', { __proto__: null, value: prototype, writable: false });
    define(prototype, 'constructor', Date);
    defineAll(Date, {
        __proto__: null,
        UTC: utc,
        now() { return host.now(); },
        parse(text) { return parse(toText(text)); },
    });

    const toUTCString = uncurry(prototype.toUTCString);

    /** `Thu, 15 Feb 2024 09:05:07 GMT`, in its parts. */
    const dayText = (date) => {
        const text = toUTCString(date);
        return slice(text, 0, 3) + ' ' + slice(text, 8, 11) + ' ' + slice(text, 5, 7) + ' ' + slice(text, 12, -13);
    };
    const timeText = (date) => slice(toUTCString(date), -12, -3) + 'GMT+0000';

    const isInvalid = (date) => dateValue(date) !== dateValue(date);
    const INVALID = 'Invalid Date';

    const textOf = (date) => (isInvalid(date) ? INVALID : dayText(date) + ' ' + timeText(date));

    defineAll(prototype, {
        __proto__: null,
        getTimezoneOffset() { return isInvalid(this) ? NaN : 0; },
        toString() { return textOf(this); },
        // An invalid date throws, where JavaScript has null [E].
        toJSON() { return this.toISOString(); },
        toDateString() { return isInvalid(this) ? INVALID : dayText(this); },
        toTimeString() { return isInvalid(this) ? INVALID : timeText(this); },
        toLocaleString() { return textOf(this); },
        toLocaleDateString() { return isInvalid(this) ? INVALID : dayText(this); },
        toLocaleTimeString() { return isInvalid(this) ? INVALID : timeText(this); },
    });

    internal.defineNative(prototype.toJSON, 'length', { __proto__: null, value: 1 });

    /** The local time is UTC, wherever the server stands. */
    const localIsUtc = (field) => {
        const setter = prototype['setUTC' + field];
        const read = prototype['getUTC' + field];
        defineAll(prototype, { __proto__: null, ['get' + field]() { return apply(read, this, []); } });
        if (setter !== undefined) {
            defineAll(prototype, { __proto__: null, ['set' + field]() { return apply(setter, this, arguments); } });
            internal.defineNative(prototype['set' + field], 'length', { __proto__: null, value: setter.length });
        }
    };
    const fields = ['FullYear', 'Month', 'Date', 'Day', 'Hours', 'Minutes', 'Seconds', 'Milliseconds'];
    for (let i = 0; i < fields.length; i += 1) {
        localIsUtc(fields[i]);
    }

    return { __proto__: null, Date };
})
