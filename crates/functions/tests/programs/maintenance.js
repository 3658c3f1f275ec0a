import cf from 'cloudfront';
const store = cf.kvs();

const page = `<!DOCTYPE html>
<html>
  <head><title>Back soon</title></head>
  <body>
    <p>We are back at ${new Date(1700000000000).toUTCString()}.</p>
  </body>
</html>`;

const load = async (names) => {
    const settings = {};
    const values = await Promise.all(names.map(async (name) => {
        const value = await store.get(name);
        return value;
    }));
    names.forEach((name, i) => { settings[name] = values[i]; });
    return settings;
};

var handler = async (event) => {
    var request = event.request;
    const settings = await load(['maintenance', 'allowed_ips']);
    switch (settings.maintenance) {
        case 'on':
            if (settings.allowed_ips.split(' ').some(ip => ip === event.viewer.ip)) break;
        case 'all':
            return {
                statusCode: 503,
                statusDescription: 'Service Unavailable',
                headers: { 'retry-after': { value: '300' }, 'content-type': { value: 'text/html; charset=utf-8' } },
                body: { encoding: 'text', data: page },
            };
        default:
            request.headers['x-maintenance'] = { value: 'off' };
    }
    return request;
};
