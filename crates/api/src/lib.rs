//! The AWS APIs on the wire: routes, formats, errors, and the server that carries them.
