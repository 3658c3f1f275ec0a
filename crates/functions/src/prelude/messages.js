// The engine's messages that are rewritten wherever they come from, each between two ends of lines. They are in a part that is
// not kept; this one comes before all that is, which has the room of it then.
(function (host, internal) {
    'use strict';

    internal.messages = host.load('prelude/texts.js')(host, internal).messages();
})
