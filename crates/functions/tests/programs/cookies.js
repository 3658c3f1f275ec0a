// Gives a viewer a session cookie and turns old cookies into new ones.
var RENAMED = { sid: 'session', lang: 'language' };
var i, name;

function expire(response, cookie) {
    response.cookies[cookie] = {
        value: '',
        attributes: 'Max-Age=0; Path=/; Secure; HttpOnly'
    };
}

function random(length) {
    var text = '';
    do {
        text += Math.random().toString(36).slice(2);
    } while (text.length < length);
    return text.substring(0, length);
}

function handler(event) {
    var request = event.request, response = event.response;
    var names = Object.keys(RENAMED);

    for (i = 0; i < names.length; i++) {
        name = names[i];
        if (!(name in request.cookies)) {
            continue;
        }
        response.cookies[RENAMED[name]] = { value: request.cookies[name].value };
        expire(response, name);
    }

    var has = request.cookies.session !== void 0 || !!response.cookies.session;
    if (!has && response.statusCode >= 200 && response.statusCode < 400) {
        response.cookies.session = {
            value: random(0x20),
            attributes: 'Path=/; Secure; HttpOnly; SameSite=Lax'
        };
    }
    return response;
}
