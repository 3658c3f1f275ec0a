// Redirects viewers from a few countries to a version of the site in their language.
var languages = { DE: 'de', AT: 'de', FR: 'fr', BE: 'fr' };

function handler(event) {
    var request = event.request;
    var headers = request.headers;
    var country = headers['cloudfront-viewer-country'];

    if (country && languages[country.value]) {
        var location = 'https://www.example.com/' + languages[country.value] + request.uri;
        return {
            statusCode: 302,
            statusDescription: 'Found',
            headers: { location: { value: location } }
        };
    }
    return request;
}
