// The module cloudfront [D], runtime 2.0 alone. Loaded on demand.
(function (host, internal) {
    'use strict';

    const {
        defineAll, define, hasOwn, isObject, jsonStringify, String, Error, TypeError, Promise,
        methods, apply, bind,
    } = internal;

    const promiseResolve = apply(bind, methods.promiseResolve, [Promise]);
    const promiseReject = apply(bind, methods.promiseReject, [Promise]);

    /** A store, which is known by what nobody can see or forge. */
    class Store {
        #mark = true;

        static require(object) {
            if (typeof object !== 'object' || object === null || !(#mark in object)) {
                throw new TypeError('"this" is not a key value store');
            }
        }
    }

    const requireStore = Store.require;
    const { kvsGet } = host;

    /** How a value is given out, by its format, unless it is as it stands in the store [D]. */
    const formats = {
        __proto__: null,
        string: undefined,
        json: (value) => internal.parseJson(value),
        bytes: (value) => internal.load('prelude/buffer.js').from(value, 'utf8'),
    };

    const formatOf = (options) => {
        const given = isObject(options) ? options.format : undefined;
        const name = given === undefined ? 'string' : String(given);
        if (!hasOwn(formats, name)) {
            throw new TypeError('"' + name + '" format is not supported');
        }
        return formats[name];
    };

    const read = (key, options) => {
        const format = options === undefined ? undefined : formatOf(options);
        const value = kvsGet(typeof key === 'string' ? key : String(key));
        if (value === undefined) {
            // The text that was seen is exactly `Error: KeyNotFound` [O].
            throw new Error('KeyNotFound');
        }
        return format === undefined ? value : format(value);
    };

    const has = (key) => host.kvsHas(typeof key === 'string' ? key : String(key));

    const meta = () => {
        const { creationDateTime, lastUpdatedDateTime, keyCount } = host.kvsMeta();
        return { creationDateTime, lastUpdatedDateTime, keyCount };
    };

    // The store is in memory, so that a promise is settled from the start.
    delete Store.prototype.constructor;
    defineAll(Store.prototype, {
        __proto__: null,
        get(key, options) {
            requireStore(this);
            try {
                return promiseResolve(read(key, options));
            } catch (error) {
                return promiseReject(error);
            }
        },
        exists(key) {
            requireStore(this);
            try {
                return promiseResolve(has(key));
            } catch (error) {
                return promiseReject(error);
            }
        },
        meta() {
            requireStore(this);
            return promiseResolve(meta());
        },
        // On no page of AWS's; the types that people use have it [P].
        count() {
            requireStore(this);
            return promiseResolve(host.kvsMeta().keyCount);
        },
    });

    /** The store that the function is associated with; an id, if one is given, has to be its [D, O]. */
    const openStore = (id) => {
        const associated = host.kvsId();
        if (associated === undefined || (id !== undefined && String(id) !== associated)) {
            throw new Error('KVSNamespaceNotFound');
        }
        return new Store();
    };

    /**
     * A change of the origin, for the host to check and keep: what is wrong with it is no error of JavaScript's but
     * fails the request [O JWTO].
     */
    const recordOrigin = (kind, change) => {
        const json = jsonStringify(change);
        host.origin(kind, json === undefined ? 'null' : json);
    };

    const cloudfront = {};
    defineAll(cloudfront, {
        __proto__: null,
        kvs(id) { return openStore(id); },
        updateRequestOrigin(properties) { recordOrigin('update', properties); },
        selectRequestOriginById(originId, options) {
            const { originOverrides } = isObject(options) ? options : {};
            recordOrigin('select', { __proto__: null, originId, originOverrides });
        },
        createRequestOriginGroup(properties) { recordOrigin('group', properties); },
    });
    internal.setLengths(cloudfront, { __proto__: null, kvs: 0, selectRequestOriginById: 1 });

    // Empty in a viewer-response function [D GH].
    internal.defineGetter(cloudfront, 'edgeLocation', () => {
        const location = host.edgeLocation();
        return location === undefined ? {} : {
            name: location.name, serverIp: location.serverIp, region: location.region,
        };
    });

    // For multi-tenant distributions only; the text is documented for the others [D SA].
    internal.defineGetter(cloudfront, 'distributionTenant', () => {
        throw new Error('distributionTenant module is not available');
    });

    const cwt = () => internal.load('prelude/cwt.js');
    const tokens = defineAll({}, {
        __proto__: null,
        validateToken(token, context) { return cwt().validate(token, context); },
        generateToken(payload, context) { return cwt().generate(payload, context); },
    });
    define(cloudfront, 'cwt', tokens);

    return { __proto__: null, module: internal.asModule(cloudfront, 'cloudfront') };
})
