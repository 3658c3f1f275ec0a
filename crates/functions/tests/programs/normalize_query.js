var querystring = require('querystring');

var KEEP = ['page', 'sort', 'q'];

// Keeps the parameters that the origin knows, in one order, so that the cache has one copy.
function handler(event) {
    var request = event.request;
    var qs = {};
    KEEP.filter(function (name) {
        return name in request.querystring;
    }).sort().forEach(function (name) {
        var field = request.querystring[name];
        qs[name] = { value: querystring.unescape(field.value).trim().toLowerCase() };
        if (field.multiValue) {
            qs[name].multiValue = field.multiValue.slice(0, 10);
        }
    });
    request.querystring = qs;
    return request;
}
