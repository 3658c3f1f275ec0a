/*
 * Adds security headers to each response, unless the origin has set them.
 */
const defaults = {
    'strict-transport-security': 'max-age=63072000; includeSubdomains; preload',
    'content-security-policy': "default-src 'none'; img-src 'self'; script-src 'self'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin'
};

function handler(event) {
    const response = event.response;
    const headers = response.headers;

    for (const name in defaults) {
        if (headers[name] === undefined) {
            headers[name] = { value: defaults[name] };
        }
    }
    delete headers['server'];
    return response;
}
