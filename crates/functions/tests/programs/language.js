const SUPPORTED = ['en', 'de', 'fr', 'pt-br'];

function parse(header) {
    return header.split(',')
        .map(part => {
            const pieces = part.trim().split(/\s*;\s*q=/);
            return { tag: pieces[0].toLowerCase(), q: pieces.length > 1 ? +pieces[1] : 1.0 };
        })
        .filter(it => it.q > 0 && it.q <= 1)
        .sort((a, b) => b.q - a.q);
}

function handler(event) {
    let request = event.request, language = 'en';
    const accept = request.headers['accept-language'];
    if (accept) {
        const wanted = parse(accept.value);
        for (let i = 0, n = wanted.length; i < n; i += 1) {
            const tag = wanted[i].tag;
            if (SUPPORTED.indexOf(tag) !== -1) { language = tag; break; }
            const base = tag.replace(/-.*/, '');
            if (SUPPORTED.includes(base)) { language = base; break; }
        }
    }
    request.headers['x-language'] = { value: language };
    return request;
}
