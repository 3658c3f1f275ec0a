package keyfront;

import static keyfront.Keyfront.BAD_IF_MATCH;
import static keyfront.Keyfront.CONTROL_ETAG;
import static keyfront.Keyfront.ENDPOINT;
import static keyfront.Keyfront.OTHER_CONTROL_ETAG;
import static keyfront.Keyfront.OTHER_DATA_ETAG;
import static keyfront.Keyfront.STALE_CONTROL;
import static keyfront.Keyfront.STORES_PER_ACCOUNT;
import static keyfront.Keyfront.UUID;
import static keyfront.Keyfront.assertMatches;
import static keyfront.Keyfront.assertNow;
import static keyfront.Keyfront.newName;
import static keyfront.Keyfront.putObject;
import static keyfront.Keyfront.refused;
import static keyfront.Keyfront.refusedAs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import keyfront.Keyfront.Caller;
import keyfront.Keyfront.Http;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudfront.model.AccessDeniedException;
import software.amazon.awssdk.services.cloudfront.model.CreateKeyValueStoreResponse;
import software.amazon.awssdk.services.cloudfront.model.DescribeKeyValueStoreResponse;
import software.amazon.awssdk.services.cloudfront.model.EntityAlreadyExistsException;
import software.amazon.awssdk.services.cloudfront.model.EntityLimitExceededException;
import software.amazon.awssdk.services.cloudfront.model.EntityNotFoundException;
import software.amazon.awssdk.services.cloudfront.model.EntitySizeLimitExceededException;
import software.amazon.awssdk.services.cloudfront.model.InvalidArgumentException;
import software.amazon.awssdk.services.cloudfront.model.InvalidIfMatchVersionException;
import software.amazon.awssdk.services.cloudfront.model.InvalidTaggingException;
import software.amazon.awssdk.services.cloudfront.model.KeyValueStore;
import software.amazon.awssdk.services.cloudfront.model.ListKeyValueStoresRequest;
import software.amazon.awssdk.services.cloudfront.model.ListKeyValueStoresResponse;
import software.amazon.awssdk.services.cloudfront.model.ListTagsForResourceResponse;
import software.amazon.awssdk.services.cloudfront.model.NoSuchResourceException;
import software.amazon.awssdk.services.cloudfront.model.PreconditionFailedException;
import software.amazon.awssdk.services.cloudfront.model.Tag;
import software.amazon.awssdk.services.cloudfront.model.UnsupportedOperationException;
import software.amazon.awssdk.services.cloudfront.model.UpdateKeyValueStoreResponse;
import software.amazon.awssdk.services.cloudfront.paginators.ListKeyValueStoresIterable;

/** The control plane: each operation and each modelled exception. */
abstract class ControlPlane {
    private final Http http;

    ControlPlane(Http http) {
        this.http = http;
    }

    private static Tag tag(String key, String value) {
        return Tag.builder().key(key).value(value).build();
    }

    private static List<String> tags(Caller caller, String arn) {
        ListTagsForResourceResponse answer =
                caller.control.listTagsForResource(r -> r.resource(arn));
        assertEquals(200, answer.sdkHttpResponse().statusCode());
        return answer.tags().items().stream()
                .map(tag -> tag.key() + "=" + (tag.value() == null ? "" : tag.value()))
                .sorted()
                .toList();
    }

    private static void tag(Caller caller, String arn, Tag... tags) {
        assertEquals(
                204,
                caller.control
                        .tagResource(r -> r.resource(arn).tags(t -> t.items(tags)))
                        .sdkHttpResponse()
                        .statusCode());
    }

    private static void untag(Caller caller, String arn, String... keys) {
        assertEquals(
                204,
                caller.control
                        .untagResource(r -> r.resource(arn).tagKeys(t -> t.items(keys)))
                        .sdkHttpResponse()
                        .statusCode());
    }

    private static UpdateKeyValueStoreResponse update(
            Caller caller, String name, String comment, String etag) {
        return caller.control.updateKeyValueStore(
                r -> r.name(name).comment(comment).ifMatch(etag));
    }

    private static int delete(Caller caller, String name, String etag) {
        return caller.control
                .deleteKeyValueStore(r -> r.name(name).ifMatch(etag))
                .sdkHttpResponse()
                .statusCode();
    }

    /** The names of all stores, by the paginator. */
    private static List<List<String>> pages(Caller caller, int size, String status) {
        List<List<String>> pages = new ArrayList<>();
        ListKeyValueStoresIterable found =
                new ListKeyValueStoresIterable(
                        caller.control,
                        ListKeyValueStoresRequest.builder()
                                .maxItems(Integer.toString(size))
                                .status(status)
                                .build());
        for (ListKeyValueStoresResponse page : found) {
            List<String> names =
                    page.keyValueStoreList().items().stream().map(KeyValueStore::name).toList();
            assertEquals(names.size(), page.keyValueStoreList().quantity());
            assertEquals(size, page.keyValueStoreList().maxItems());
            pages.add(names);
        }
        return pages;
    }

    private static boolean isListed(Caller caller, String name) {
        return pages(caller, 100, null).stream().anyMatch(page -> page.contains(name));
    }

    @Test
    void theStoryOfAStore() {
        storyOfAStore(new Caller(http));
    }

    private static void storyOfAStore(Caller caller) {
        String name = newName();
        CreateKeyValueStoreResponse created =
                caller.control.createKeyValueStore(
                        r ->
                                r.name(name)
                                        .comment("old to new")
                                        .tags(t -> t.items(tag("team", "edge"))));
        assertEquals(201, created.sdkHttpResponse().statusCode());
        assertMatches(UUID, created.responseMetadata().requestId());
        KeyValueStore store = created.keyValueStore();
        assertEquals(name, store.name());
        assertEquals("old to new", store.comment());
        assertEquals("PROVISIONING", store.status());
        assertMatches(UUID, store.id());
        String arn = store.arn();
        assertEquals(caller.arn(store.id()), arn);
        assertNow(store.lastModifiedTime());
        assertMatches(CONTROL_ETAG, created.eTag());
        assertEquals(ENDPOINT + "/2020-05-31/key-value-store/" + arn, created.location());

        DescribeKeyValueStoreResponse ready = caller.settled(name);
        assertEquals(200, ready.sdkHttpResponse().statusCode());
        assertEquals("READY", ready.keyValueStore().status());
        assertEquals(arn, ready.keyValueStore().arn());
        assertMatches(CONTROL_ETAG, ready.eTag());
        assertNotEquals(created.eTag(), ready.eTag());
        assertTrue(isListed(caller, name));

        UpdateKeyValueStoreResponse updated = update(caller, name, "newer", ready.eTag());
        assertEquals(200, updated.sdkHttpResponse().statusCode());
        assertEquals("newer", updated.keyValueStore().comment());
        assertMatches(CONTROL_ETAG, updated.eTag());
        DescribeKeyValueStoreResponse described =
                caller.control.describeKeyValueStore(r -> r.name(name));
        assertEquals(updated.eTag(), described.eTag());
        assertEquals(updated.keyValueStore(), described.keyValueStore());

        assertEquals(List.of("team=edge"), tags(caller, arn));
        tag(caller, arn, tag("team", "größer +/=@"), tag("bare", null));
        assertEquals(List.of("bare=", "team=größer +/=@"), tags(caller, arn));
        untag(caller, arn, "team", "never");
        assertEquals(List.of("bare="), tags(caller, arn));

        refused(
                PreconditionFailedException.class,
                412,
                STALE_CONTROL,
                () -> delete(caller, name, ready.eTag()));
        assertEquals(204, delete(caller, name, updated.eTag()));
        refused(
                EntityNotFoundException.class,
                404,
                () -> caller.control.describeKeyValueStore(r -> r.name(name)));
        assertFalse(isListed(caller, name));
    }

    @Test
    void aCommentIsKeptToTheCharacter() {
        Caller caller = Caller.fresh(http);
        for (String comment :
                List.of(
                        "",
                        " two  blanks ",
                        "<a&b>\"'é]]>",
                        "line\nline\ttab\r\u2028",
                        "😀".repeat(128))) {
            String name = newName();
            CreateKeyValueStoreResponse created =
                    caller.control.createKeyValueStore(r -> r.name(name).comment(comment));
            assertEquals(comment, created.keyValueStore().comment());
            DescribeKeyValueStoreResponse ready = caller.settled(name);
            assertEquals(comment, ready.keyValueStore().comment());
            delete(caller, name, ready.eTag());
        }
    }

    @Test
    void aCommentThatWasNeverGivenIsAbsent() {
        Caller caller = Caller.fresh(http);
        assertNull(
                caller.control.createKeyValueStore(r -> r.name("one")).keyValueStore().comment());
        assertNull(caller.settled("one").keyValueStore().comment());
    }

    @Test
    void storesComeInPages() {
        Caller caller = Caller.fresh(http);
        ListKeyValueStoresResponse none = caller.control.listKeyValueStores(r -> {});
        assertEquals(0, none.keyValueStoreList().quantity());
        assertEquals(100, none.keyValueStoreList().maxItems());
        assertEquals(List.of(List.of()), pages(caller, 2, null));
        List<String> names = List.of("b", "a", "B", "0", "c");
        for (String name : names) {
            caller.control.createKeyValueStore(r -> r.name(name));
        }
        names.forEach(caller::settled);
        assertEquals(
                List.of(List.of("0", "B"), List.of("a", "b"), List.of("c")),
                pages(caller, 2, null));
        assertEquals(List.of(List.of("0", "B", "a", "b", "c")), pages(caller, 5, "READY"));
        assertEquals(List.of(List.of()), pages(caller, 5, "PROVISIONING"));
    }

    @Test
    void anImportThatFails() {
        Caller caller = Caller.fresh(http);
        caller.control.createKeyValueStore(
                r ->
                        r.name("broken")
                                .importSource(
                                        putObject("broken.json", "{\"data\":[\n{\"key\":\"a\"}]}")));
        assertEquals("IMPORT_FAILED", caller.settled("broken").keyValueStore().status());
        assertEquals(List.of(List.of("broken")), pages(caller, 5, "IMPORT_FAILED"));
    }

    @Test
    void anyRegionSigns() {
        storyOfAStore(new Caller(http.client(), null, null, Region.EU_WEST_1));
        storyOfAStore(new Caller(http.client(), null, null, Region.AWS_GLOBAL));
    }

    @Test
    void anAccountIsAnAccessKeyOfItself() {
        storyOfAStore(new Caller(http.client(), "123456789012", null, null));
    }

    @Test
    void entityAlreadyExists() {
        Caller caller = Caller.fresh(http);
        caller.control.createKeyValueStore(r -> r.name("one"));
        refused(
                EntityAlreadyExistsException.class,
                409,
                "The entity already exists. You must provide a unique entity.",
                () -> caller.control.createKeyValueStore(r -> r.name("one")));
    }

    @Test
    void entityLimitExceeded() {
        Caller caller = Caller.fresh(http);
        for (int n = 0; n < STORES_PER_ACCOUNT; n++) {
            String name = "n" + n;
            caller.control.createKeyValueStore(r -> r.name(name));
        }
        refused(
                EntityLimitExceededException.class,
                400,
                "The entity limit has been exceeded.",
                () -> caller.control.createKeyValueStore(r -> r.name("more")));
    }

    @Test
    void entitySizeLimitExceeded() {
        Caller caller = Caller.fresh(http);
        refused(
                EntitySizeLimitExceededException.class,
                413,
                "The entity size limit was exceeded.",
                () ->
                        caller.control.createKeyValueStore(
                                r -> r.name("huge").comment("x".repeat(500_000))));
    }

    @Test
    void entityNotFound() {
        Caller caller = Caller.fresh(http);
        String text = "The key value store entity was not found.";
        refused(
                EntityNotFoundException.class,
                404,
                text,
                () -> caller.control.describeKeyValueStore(r -> r.name("none")));
        refused(
                EntityNotFoundException.class,
                404,
                text,
                () -> update(caller, "none", "", OTHER_CONTROL_ETAG));
        refused(
                EntityNotFoundException.class,
                404,
                text,
                () -> delete(caller, "none", OTHER_CONTROL_ETAG));
    }

    @Test
    void invalidArgument() {
        Caller caller = Caller.fresh(http);
        for (String name : List.of("a.b", "a b", "ä", "x".repeat(65))) {
            refused(
                    InvalidArgumentException.class,
                    400,
                    () -> caller.control.createKeyValueStore(r -> r.name(name)));
        }
        // This SDK checks nothing on its own: the elements are missing.
        refused(
                InvalidArgumentException.class,
                400,
                () -> caller.control.createKeyValueStore(r -> {}));
        refused(
                InvalidArgumentException.class,
                400,
                () ->
                        caller.control.createKeyValueStore(
                                r -> r.name("a").importSource(s -> s.sourceType("S3"))));
        refused(
                InvalidArgumentException.class,
                400,
                () ->
                        caller.control.createKeyValueStore(
                                r -> r.name("a").comment("x".repeat(129))));
        refused(
                InvalidArgumentException.class,
                400,
                () ->
                        caller.control.createKeyValueStore(
                                r ->
                                        r.name("a")
                                                .importSource(
                                                        s ->
                                                                s.sourceType("S3")
                                                                        .sourceARN("nonsense"))));
        refused(
                InvalidArgumentException.class,
                400,
                () ->
                        caller.control.createKeyValueStore(
                                r -> r.name("a").tags(t -> t.items(tag("aws:mine", "")))));
        refused(
                InvalidArgumentException.class,
                400,
                () -> caller.control.describeKeyValueStore(r -> r.name("a/b")));
        refused(
                InvalidArgumentException.class,
                400,
                () -> caller.control.listKeyValueStores(r -> r.status("nonsense")));
        refused(
                InvalidArgumentException.class,
                400,
                () -> caller.control.listKeyValueStores(r -> r.maxItems("0")));
        assertEquals(List.of(List.of()), pages(caller, 5, null));
    }

    @Test
    void invalidIfMatchVersionAndPreconditionFailed() {
        Caller caller = Caller.fresh(http);
        caller.control.createKeyValueStore(r -> r.name("one"));
        String etag = caller.settled("one").eTag();
        List<String> bad = new ArrayList<>(List.of("*", "nonsense", "W/\"" + etag + "\""));
        // This SDK sends no header for it.
        bad.add(null);
        for (String value : bad) {
            refused(
                    InvalidIfMatchVersionException.class,
                    400,
                    BAD_IF_MATCH,
                    () -> update(caller, "one", "c", value));
            refused(
                    InvalidIfMatchVersionException.class,
                    400,
                    BAD_IF_MATCH,
                    () -> delete(caller, "one", value));
        }
        for (String stale : List.of(OTHER_CONTROL_ETAG, OTHER_DATA_ETAG)) {
            refused(
                    PreconditionFailedException.class,
                    412,
                    STALE_CONTROL,
                    () -> update(caller, "one", "c", stale));
            refused(
                    PreconditionFailedException.class,
                    412,
                    STALE_CONTROL,
                    () -> delete(caller, "one", stale));
        }
        UpdateKeyValueStoreResponse quoted = update(caller, "one", "c", "\"" + etag + "\"");
        assertEquals("c", quoted.keyValueStore().comment());
    }

    @Test
    void errorsOfTags() {
        Caller caller = Caller.fresh(http);
        String arn = caller.control.createKeyValueStore(r -> r.name("one")).keyValueStore().arn();
        refused(
                InvalidTaggingException.class,
                400,
                () -> tag(caller, arn, tag("a*", "")));
        assertEquals(List.of(), tags(caller, arn));
        String none = caller.arn();
        String text = "A resource that was specified is not valid.";
        refused(NoSuchResourceException.class, 404, text, () -> tags(caller, none));
        refused(NoSuchResourceException.class, 404, text, () -> tag(caller, none, tag("k", "v")));
        refused(NoSuchResourceException.class, 404, text, () -> untag(caller, none, "k"));
        String other = Caller.fresh(http).arn();
        refused(AccessDeniedException.class, 403, () -> tags(caller, other));
        refused(AccessDeniedException.class, 403, () -> tag(caller, other, tag("k", "v")));
        refused(AccessDeniedException.class, 403, () -> untag(caller, other, "k"));
        refused(InvalidArgumentException.class, 400, () -> tags(caller, "nonsense"));
        refused(InvalidArgumentException.class, 400, () -> tag(caller, "nonsense", tag("k", "")));
        refused(InvalidArgumentException.class, 400, () -> untag(caller, "nonsense", "k"));
    }

    @Test
    void unsupportedOperation() {
        Caller caller = new Caller(http);
        String text =
                refused(
                        UnsupportedOperationException.class,
                        400,
                        () -> caller.control.listVpcOrigins(r -> {}));
        assertTrue(text.contains("GET") && text.contains("/2020-05-31/vpc-origin"), text);
    }

    @Test
    void credentialsThatAreWrong() {
        Caller wrong = new Caller(http.client(), null, "wrong", null);
        refusedAs("SignatureDoesNotMatch", 403, () -> wrong.control.listKeyValueStores(r -> {}));
        refusedAs(
                "SignatureDoesNotMatch",
                403,
                () -> update(wrong, "one", "c", OTHER_CONTROL_ETAG));
        Caller nobody = new Caller(http.client(), "AKIANOBODY", null, null);
        refusedAs("InvalidClientTokenId", 403, () -> nobody.control.listKeyValueStores(r -> {}));
    }
}
