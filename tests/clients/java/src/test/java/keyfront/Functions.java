package keyfront;

import static keyfront.Keyfront.BAD_IF_MATCH;
import static keyfront.Keyfront.CONTROL_ETAG;
import static keyfront.Keyfront.ENDPOINT;
import static keyfront.Keyfront.STALE_CONTROL;
import static keyfront.Keyfront.UUID;
import static keyfront.Keyfront.assertMatches;
import static keyfront.Keyfront.assertNow;
import static keyfront.Keyfront.newName;
import static keyfront.Keyfront.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import keyfront.DataPlane.Store;
import keyfront.Keyfront.Caller;
import keyfront.Keyfront.Http;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.cloudfront.model.CannotDeleteEntityWhileInUseException;
import software.amazon.awssdk.services.cloudfront.model.CreateFunctionResponse;
import software.amazon.awssdk.services.cloudfront.model.DeleteFunctionResponse;
import software.amazon.awssdk.services.cloudfront.model.DescribeFunctionResponse;
import software.amazon.awssdk.services.cloudfront.model.FunctionConfig;
import software.amazon.awssdk.services.cloudfront.model.FunctionList;
import software.amazon.awssdk.services.cloudfront.model.FunctionRuntime;
import software.amazon.awssdk.services.cloudfront.model.FunctionStage;
import software.amazon.awssdk.services.cloudfront.model.FunctionSummary;
import software.amazon.awssdk.services.cloudfront.model.GetFunctionResponse;
import software.amazon.awssdk.services.cloudfront.model.InvalidIfMatchVersionException;
import software.amazon.awssdk.services.cloudfront.model.NoSuchFunctionExistsException;
import software.amazon.awssdk.services.cloudfront.model.PreconditionFailedException;
import software.amazon.awssdk.services.cloudfront.model.PublishFunctionResponse;
import software.amazon.awssdk.services.cloudfront.model.TestFunctionResponse;
import software.amazon.awssdk.services.cloudfront.model.TestResult;
import software.amazon.awssdk.services.cloudfront.model.UpdateFunctionResponse;

/** Functions: a whole life, from an association with a store to a delete. */
abstract class Functions {
    private static final String NO_FUNCTION = "The function does not exist.";

    private static final String REDIRECT =
            """
            import cf from 'cloudfront';
            // Bytes that XML, base64 or a character set could change: <&> é 😀
            async function handler(event) {
              const to = await cf.kvs().get(event.request.uri);
              console.log(event.request.uri + ' to ' + to);
              return { statusCode: 302, headers: { location: { value: to } } };
            }
            """;

    private static final SdkBytes EVENT =
            SdkBytes.fromUtf8String(
                    """
                    {"version": "1.0", "context": {"eventType": "viewer-request"},
                     "viewer": {"ip": "192.0.2.1"},
                     "request": {"method": "GET", "uri": "/old é",
                                 "headers": {}, "querystring": {}, "cookies": {}}}
                    """);

    private final Http http;

    Functions(Http http) {
        this.http = http;
    }

    /** One by its name, as its caller sees it. */
    private record Function(Caller caller, String name, FunctionConfig config) {
        CreateFunctionResponse create(String code) {
            return caller.control.createFunction(
                    r ->
                            r.name(name)
                                    .functionConfig(config)
                                    .functionCode(SdkBytes.fromUtf8String(code)));
        }

        DescribeFunctionResponse describe(FunctionStage stage) {
            return caller.control.describeFunction(r -> r.name(name).stage(stage));
        }

        String code(FunctionStage stage) {
            GetFunctionResponse answer =
                    caller.control.getFunction(r -> r.name(name).stage(stage));
            assertEquals(200, answer.sdkHttpResponse().statusCode());
            return answer.functionCode().asUtf8String();
        }

        UpdateFunctionResponse update(String code, String etag) {
            return caller.control.updateFunction(
                    r ->
                            r.name(name)
                                    .functionConfig(config)
                                    .functionCode(SdkBytes.fromUtf8String(code))
                                    .ifMatch(etag));
        }

        TestResult test(FunctionStage stage, String etag) {
            TestFunctionResponse answer =
                    caller.control.testFunction(
                            r -> r.name(name).stage(stage).ifMatch(etag).eventObject(EVENT));
            assertEquals(200, answer.sdkHttpResponse().statusCode());
            return answer.testResult();
        }

        DeleteFunctionResponse delete(String etag) {
            return caller.control.deleteFunction(r -> r.name(name).ifMatch(etag));
        }

        /** Runs a stage, and checks that it has read the store and what it made of that. */
        void redirects(FunctionStage stage, String etag, int status) {
            TestResult result = test(stage, etag);
            assertEquals("", result.functionErrorMessage());
            assertEquals(stage, result.functionSummary().functionMetadata().stage());
            int compute = Integer.parseInt(result.computeUtilization());
            assertTrue(1 <= compute && compute <= 100, result::computeUtilization);
            assertEquals(List.of("/old é to /new?<1>&2"), result.functionExecutionLogs());
            String output = result.functionOutput();
            assertTrue(output.contains("\"location\":{\"value\":\"/new?<1>&2\"}"), output);
            assertTrue(output.contains("\"statusCode\":" + status), output);
        }
    }

    /** The names and stages of all functions. */
    private static List<String> listed(Caller caller, FunctionStage stage) {
        FunctionList list = caller.control.listFunctions(r -> r.stage(stage)).functionList();
        assertEquals(list.items().size(), list.quantity());
        return list.items().stream()
                .map(item -> item.name() + " " + item.functionMetadata().stageAsString())
                .toList();
    }

    @Test
    void theStoryOfAFunction() {
        Caller caller = Caller.fresh(http);
        Store store = Store.make(caller, null);
        store.put("/old é", "/new?<1>&2");
        FunctionConfig config =
                FunctionConfig.builder()
                        .comment("old to new")
                        .runtime(FunctionRuntime.CLOUDFRONT_JS_2_0)
                        .keyValueStoreAssociations(
                                a -> a.quantity(1).items(i -> i.keyValueStoreARN(store.arn)))
                        .build();
        Function function = new Function(caller, newName(), config);

        refused(
                NoSuchFunctionExistsException.class,
                404,
                NO_FUNCTION,
                () -> function.describe(null));
        CreateFunctionResponse created = function.create(REDIRECT);
        assertEquals(201, created.sdkHttpResponse().statusCode());
        assertMatches(UUID, created.responseMetadata().requestId());
        assertMatches(CONTROL_ETAG, created.eTag());
        assertEquals(ENDPOINT + "/2020-05-31/function/" + function.name, created.location());
        FunctionSummary summary = created.functionSummary();
        assertEquals(function.name, summary.name());
        assertEquals("UNPUBLISHED", summary.status());
        assertEquals(config, summary.functionConfig());
        assertEquals(
                "arn:aws:cloudfront::" + caller.account + ":function/" + function.name,
                summary.functionMetadata().functionARN());
        assertEquals(FunctionStage.DEVELOPMENT, summary.functionMetadata().stage());
        assertNow(summary.functionMetadata().createdTime());

        assertEquals(created.eTag(), function.describe(null).eTag());
        assertEquals(summary, function.describe(null).functionSummary());
        assertEquals(REDIRECT, function.code(FunctionStage.DEVELOPMENT));
        function.redirects(FunctionStage.DEVELOPMENT, created.eTag(), 302);
        refused(
                NoSuchFunctionExistsException.class, 404, () -> function.code(FunctionStage.LIVE));

        PublishFunctionResponse published =
                caller.control.publishFunction(r -> r.name(function.name).ifMatch(created.eTag()));
        assertEquals(200, published.sdkHttpResponse().statusCode());
        assertEquals("UNASSOCIATED", published.functionSummary().status());
        assertEquals(
                FunctionStage.LIVE, published.functionSummary().functionMetadata().stage());

        String permanent = REDIRECT.replace("302", "301");
        UpdateFunctionResponse updated = function.update(permanent, created.eTag());
        assertEquals(200, updated.sdkHttpResponse().statusCode());
        assertMatches(CONTROL_ETAG, updated.eTag());
        assertNotEquals(created.eTag(), updated.eTag());
        assertEquals("UNPUBLISHED", updated.functionSummary().status());
        refused(
                PreconditionFailedException.class,
                412,
                STALE_CONTROL,
                () -> function.update(permanent, created.eTag()));
        refused(
                InvalidIfMatchVersionException.class,
                400,
                BAD_IF_MATCH,
                () -> function.test(FunctionStage.DEVELOPMENT, created.eTag()));

        assertEquals(permanent, function.code(FunctionStage.DEVELOPMENT));
        function.redirects(FunctionStage.DEVELOPMENT, updated.eTag(), 301);
        assertEquals(REDIRECT, function.code(FunctionStage.LIVE));
        String live = function.describe(FunctionStage.LIVE).eTag();
        function.redirects(FunctionStage.LIVE, live, 302);
        assertEquals(
                List.of(function.name + " DEVELOPMENT", function.name + " LIVE"),
                listed(caller, null));
        assertEquals(List.of(function.name + " LIVE"), listed(caller, FunctionStage.LIVE));

        String etag = caller.settled(store.name).eTag();
        refused(
                CannotDeleteEntityWhileInUseException.class,
                409,
                () -> caller.control.deleteKeyValueStore(r -> r.name(store.name).ifMatch(etag)));
        refused(
                PreconditionFailedException.class,
                412,
                STALE_CONTROL,
                () -> function.delete(live));
        assertEquals(204, function.delete(updated.eTag()).sdkHttpResponse().statusCode());
        assertEquals(List.of(), listed(caller, null));
        refused(
                NoSuchFunctionExistsException.class,
                404,
                NO_FUNCTION,
                () -> function.delete(updated.eTag()));
        caller.control.deleteKeyValueStore(r -> r.name(store.name).ifMatch(etag));
    }
}
