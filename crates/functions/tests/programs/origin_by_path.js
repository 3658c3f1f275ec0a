import cf from 'cloudfront';

const origins = {
    '/api/': { domainName: 'api.example.com', timeouts: { readTimeout: 30, connectionTimeout: 5 } },
    '/media/': { domainName: 'media.s3.eu-west-1.amazonaws.com', originAccessControlConfig: {
        enabled: true, signingBehavior: 'always', signingProtocol: 'sigv4', originType: 's3' } },
};

function handler(event) {
    const request = event.request;
    outer:
    for (const prefix in origins) {
        if (!request.uri.startsWith(prefix)) continue outer;
        cf.updateRequestOrigin(origins[prefix]);
        request.headers['x-routed-by'] = { value: 'prefix ' + prefix };
        break;
    }
    return request;
}
