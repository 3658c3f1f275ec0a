function Device(agent) {
    this.agent = agent || '';
}

Device.prototype.kind = function () {
    if (/(?:tablet|ipad)/i.test(this.agent)) return 'tablet';
    return /(?<phone>iphone|android.*mobile)/i.test(this.agent) ? 'mobile' : 'desktop';
};

var hash = function hash(text) {
    var h = 0, n = text.length;
    while (n--) {
        h = ((h << 5) - h + text.charCodeAt(n)) | 0;
    }
    return h >>> 0;
};

function handler(event) {
    'use strict';
    var request = event.request;
    var agent = request.headers['user-agent'];
    var device = new Device(agent && agent.value);
    var info = {
        kind: device.kind(),
        get bucket() { return hash(event.viewer.ip) % 1e2; },
        describe() { return this.kind + '/' + this.bucket; },
        ['is_' + device.kind()]: true
    };
    try {
        request.headers['x-device'] = { value: info.describe() };
        if (info.is_mobile && request.uri === '/') request.uri = '/m/';
    } catch (e) {
        console.log(e.message);
    } finally {
        request.headers['x-checked'] = { value: '1' };
    }
    return request;
}
