import cf from 'cloudfront';

const kvsHandle = cf.kvs();

async function handler(event) {
    const request = event.request;
    const key = request.uri.toLowerCase().replace(/\/+$/, '') || '/';

    try {
        const target = await kvsHandle.get(key);
        const status = (await kvsHandle.exists(key + ':permanent')) ? 301 : 302;
        return {
            statusCode: status,
            statusDescription: status === 301 ? 'Moved Permanently' : 'Found',
            headers: {
                'location': { value: target + toQuery(request.querystring) },
                'cache-control': { value: 'max-age=3600' },
            },
        };
    } catch (error) {
        console.log(`${key}: ${error}`);
    }
    return request;
}

function toQuery(querystring) {
    const parts = [];
    Object.keys(querystring).forEach(name => {
        const field = querystring[name];
        if (field.multiValue) {
            field.multiValue.forEach(each => parts.push(name + '=' + each.value));
        } else if (field.value === '') {
            parts.push(name);
        } else {
            parts.push(`${name}=${field.value}`);
        }
    });
    return parts.length > 0 ? '?' + parts.join('&') : '';
}
