function handler(event) {
    var request = event.request;
    var headers = request.headers;
    var expected = 'Basic ' + 'dXNlcjpwYXNzd29yZA==';

    if (typeof headers.authorization === 'undefined' || headers.authorization.value !== expected) {
        return {
            statusCode: 401,
            statusDescription: 'Unauthorized',
            headers: {
                'www-authenticate': { value: 'Basic realm="Enter \'your\' name"' }
            },
            body: { encoding: 'text', data: '<h1>401</h1>\n' }
        };
    }
    return request;
}
