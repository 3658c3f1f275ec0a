async function handler(event) {
    const request = event.request;
    const segments = request.uri.split('/');
    try {
        segments[1] = await kvs.get(segments[1]);
        request.uri = segments.join('/');
    } catch (error) {
        request.uri = '/not-found';
    }
    return request;
}
