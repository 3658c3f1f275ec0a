// Allows scripts of some origins to read responses.
var allowed = [/^https:\/\/([a-z0-9-]+\.)*example\.com$/i, /^http:\/\/localhost(:\d+)?$/];

function isAllowed(origin) {
    for (var i = 0; i < allowed.length; i++) {
        if (allowed[i].test(origin)) {
            return true;
        }
    }
    return false;
}

function handler(event) {
    var request = event.request;
    var response = event.response;
    var origin = request.headers.origin ? request.headers.origin.value : null;

    if (origin !== null && isAllowed(origin)) {
        response.headers['access-control-allow-origin'] = { value: origin };
        response.headers['vary'] = { value: 'Origin' };
        if (request.method == 'OPTIONS') {
            response.headers['access-control-max-age'] = { value: '86400' };
        }
    }
    return response;
}
