// Redirects each path that is a key of the store to its value; every other request goes on as it is.
import cf from 'cloudfront';

const redirects = cf.kvs();

async function handler(event) {
    const request = event.request;
    try {
        const target = await redirects.get(request.uri);
        return {
            statusCode: 301,
            statusDescription: 'Moved Permanently',
            headers: { location: { value: target } },
        };
    } catch (error) {
        console.log(request.uri + ': ' + error);
        return request;
    }
}
