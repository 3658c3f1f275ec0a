package keyfront;

import static keyfront.Keyfront.AWKWARD_KEYS;
import static keyfront.Keyfront.DATA_ETAG;
import static keyfront.Keyfront.OTHER_DATA_ETAG;
import static keyfront.Keyfront.STALE_DATA;
import static keyfront.Keyfront.TOO_MANY_PAIRS;
import static keyfront.Keyfront.UUID;
import static keyfront.Keyfront.VALUE_TOO_BIG;
import static keyfront.Keyfront.WRONG_STATE;
import static keyfront.Keyfront.assertMatches;
import static keyfront.Keyfront.assertNow;
import static keyfront.Keyfront.newName;
import static keyfront.Keyfront.putObject;
import static keyfront.Keyfront.refused;
import static keyfront.Keyfront.refusedAs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import keyfront.Keyfront.Caller;
import keyfront.Keyfront.Http;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudfront.model.ImportSource;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.AccessDeniedException;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.ConflictException;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.DeleteKeyRequestListItem;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.DeleteKeyResponse;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.DescribeKeyValueStoreResponse;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.GetKeyResponse;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.ListKeysResponse;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.PutKeyRequestListItem;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.PutKeyResponse;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.ResourceNotFoundException;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.ServiceQuotaExceededException;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.UpdateKeysResponse;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.ValidationException;

/** The data plane: each operation and each modelled exception. */
abstract class DataPlane {
    private final Http http;

    DataPlane(Http http) {
        this.http = http;
    }

    /** In the order of their bytes, as ListKeys has them. */
    static Map<String, String> contents(String... keysAndValues) {
        Map<String, String> contents =
                new TreeMap<>(
                        (one, other) ->
                                Arrays.compareUnsigned(
                                        one.getBytes(StandardCharsets.UTF_8),
                                        other.getBytes(StandardCharsets.UTF_8)));
        for (int n = 0; n < keysAndValues.length; n += 2) {
            contents.put(keysAndValues[n], keysAndValues[n + 1]);
        }
        return contents;
    }

    /** A store that is READY, as its caller sees it; it knows its newest version. */
    static final class Store {
        final Caller caller;
        final String name;
        final String arn;
        String etag = OTHER_DATA_ETAG;

        /** The store with that ARN, as another caller would see it. */
        Store(Caller caller, String name, String arn) {
            this.caller = caller;
            this.name = name;
            this.arn = arn;
        }

        static Store make(Caller caller, ImportSource source) {
            String name = newName();
            String arn =
                    caller.control
                            .createKeyValueStore(r -> r.name(name).importSource(source))
                            .keyValueStore()
                            .arn();
            caller.settled(name);
            Store store = new Store(caller, name, arn);
            store.etag = store.describe().eTag();
            return store;
        }

        DescribeKeyValueStoreResponse describe() {
            DescribeKeyValueStoreResponse answer =
                    caller.data.describeKeyValueStore(r -> r.kvsARN(arn));
            assertEquals(200, answer.sdkHttpResponse().statusCode());
            assertMatches(UUID, answer.responseMetadata().requestId());
            return answer;
        }

        ListKeysResponse list(Integer most, String token) {
            return caller.data.listKeys(r -> r.kvsARN(arn).maxResults(most).nextToken(token));
        }

        GetKeyResponse get(String key) {
            return caller.data.getKey(r -> r.kvsARN(arn).key(key));
        }

        PutKeyResponse put(String key, String value) {
            PutKeyResponse answer =
                    caller.data.putKey(r -> r.kvsARN(arn).key(key).value(value).ifMatch(etag));
            assertEquals(200, answer.sdkHttpResponse().statusCode());
            moved(answer.eTag());
            return answer;
        }

        DeleteKeyResponse delete(String key) {
            DeleteKeyResponse answer =
                    caller.data.deleteKey(r -> r.kvsARN(arn).key(key).ifMatch(etag));
            assertEquals(200, answer.sdkHttpResponse().statusCode());
            moved(answer.eTag());
            return answer;
        }

        UpdateKeysResponse update(Map<String, String> puts, Collection<String> deletes) {
            return updateWith(
                    puts.entrySet().stream()
                            .map(
                                    put ->
                                            PutKeyRequestListItem.builder()
                                                    .key(put.getKey())
                                                    .value(put.getValue())
                                                    .build())
                            .toList(),
                    deletes);
        }

        UpdateKeysResponse updateWith(
                Collection<PutKeyRequestListItem> puts, Collection<String> deletes) {
            List<DeleteKeyRequestListItem> items =
                    deletes.stream()
                            .map(key -> DeleteKeyRequestListItem.builder().key(key).build())
                            .toList();
            UpdateKeysResponse answer =
                    caller.data.updateKeys(
                            r -> r.kvsARN(arn).ifMatch(etag).puts(puts).deletes(items));
            assertEquals(200, answer.sdkHttpResponse().statusCode());
            moved(answer.eTag());
            return answer;
        }

        private void moved(String to) {
            assertMatches(DATA_ETAG, to);
            etag = to;
        }

        /** The pages of keys and values, by the paginator. */
        List<List<Map.Entry<String, String>>> pages(int size) {
            List<List<Map.Entry<String, String>>> pages = new ArrayList<>();
            caller.data
                    .listKeysPaginator(r -> r.kvsARN(arn).maxResults(size))
                    .forEach(
                            page ->
                                    pages.add(
                                            page.items().stream()
                                                    .map(i -> Map.entry(i.key(), i.value()))
                                                    .toList()));
            return pages;
        }

        /** Checks every key, its value, the counts and the sizes. */
        void assertHolds(Map<String, String> expected) {
            assertEquals(
                    List.copyOf(expected.entrySet()),
                    pages(50).stream().flatMap(List::stream).toList());
            DescribeKeyValueStoreResponse description = describe();
            assertEquals(expected.size(), description.itemCount());
            long size = 0;
            for (Map.Entry<String, String> entry : expected.entrySet()) {
                size += entry.getKey().getBytes(StandardCharsets.UTF_8).length;
                size += entry.getValue().getBytes(StandardCharsets.UTF_8).length;
            }
            assertEquals(size, description.totalSizeInBytes());
            assertEquals(etag, description.eTag());
        }

        /** Hands each write to the judge. */
        void eachWrite(Consumer<Executable> judge) {
            judge.accept(() -> put("a", "1"));
            judge.accept(() -> delete("a"));
            judge.accept(() -> update(contents("a", "1"), List.of()));
        }

        /** Hands each operation but Describe to the judge. */
        void each(Consumer<Executable> judge) {
            judge.accept(() -> list(null, null));
            judge.accept(() -> get("a"));
            eachWrite(judge);
        }
    }

    private Store fresh() {
        return Store.make(Caller.fresh(http), null);
    }

    @Test
    void theStoryOfKeys() {
        storyOfKeys(new Caller(http));
    }

    static void storyOfKeys(Caller caller) {
        Store store = Store.make(caller, null);
        DescribeKeyValueStoreResponse empty = store.describe();
        assertMatches(DATA_ETAG, empty.eTag());
        assertEquals(store.arn, empty.kvsARN());
        assertEquals("READY", empty.status());
        assertNull(empty.failureReason());
        assertEquals(0, empty.itemCount());
        assertEquals(0, empty.totalSizeInBytes());
        assertNow(empty.created());
        assertFalse(empty.lastModified().isBefore(empty.created()));

        PutKeyResponse put = store.put("/sample", "sample");
        assertEquals(1, put.itemCount());
        assertEquals(13, put.totalSizeInBytes());
        GetKeyResponse got = store.get("/sample");
        assertEquals(200, got.sdkHttpResponse().statusCode());
        assertEquals("/sample", got.key());
        assertEquals("sample", got.value());
        assertEquals(1, got.itemCount());
        assertEquals(13, got.totalSizeInBytes());

        UpdateKeysResponse updated =
                store.update(contents("b", "2", "c", "3"), List.of("/sample", "never"));
        assertEquals(2, updated.itemCount());
        assertEquals(4, updated.totalSizeInBytes());
        store.assertHolds(contents("b", "2", "c", "3"));
        DeleteKeyResponse deleted = store.delete("b");
        assertEquals(1, deleted.itemCount());
        assertEquals(2, deleted.totalSizeInBytes());
        store.assertHolds(contents("c", "3"));
        assertEquals(empty.created(), store.describe().created());
    }

    @Test
    void eachVersionIsUsedOnce() {
        Store store = fresh();
        List<String> seen = new ArrayList<>(List.of(store.etag));
        store.put("a", "1");
        seen.add(store.etag);
        store.put("a", "1");
        seen.add(store.etag);
        store.update(contents("b", ""), List.of());
        seen.add(store.etag);
        store.delete("a");
        String current = store.etag;
        assertEquals(4, seen.stream().distinct().filter(etag -> !etag.equals(current)).count());
        for (String stale : seen) {
            store.etag = stale;
            store.eachWrite(write -> refused(ValidationException.class, 400, STALE_DATA, write));
        }
        // Nothing to do: the version stays. One in quotes is the same.
        store.etag = current;
        store.update(contents(), List.of("never"));
        store.update(contents(), List.of());
        assertEquals(current, store.etag);
        store.etag = "\"" + current + "\"";
        store.put("a", "2");
        store.assertHolds(contents("a", "2", "b", ""));
    }

    @Test
    void keysAreExactBytes() {
        keysAreExactBytes(Caller.fresh(http));
    }

    static void keysAreExactBytes(Caller caller) {
        Store store = Store.make(caller, null);
        Map<String, String> expected = contents();
        for (String key : AWKWARD_KEYS) {
            expected.put(key, "value " + expected.size());
            store.put(key, expected.get(key));
        }
        for (String key : AWKWARD_KEYS) {
            GetKeyResponse got = store.get(key);
            assertEquals(key, got.key());
            assertEquals(expected.get(key), got.value());
        }
        store.assertHolds(expected);
        for (String key : AWKWARD_KEYS) {
            store.delete(key);
            refused(ResourceNotFoundException.class, 404, () -> store.get(key));
        }
        store.assertHolds(contents());
        store.update(expected, List.of());
        store.assertHolds(expected);
        store.update(contents(), AWKWARD_KEYS);
        store.assertHolds(contents());
    }

    @Test
    void valuesAreExactBytes() {
        Store store = fresh();
        for (String value :
                List.of(
                        "",
                        " ",
                        "é😀\u2028",
                        "{\"json\": [1, \"two\"]}",
                        "line\n\ttab\\\"\u0001",
                        "x".repeat(1024))) {
            store.put("put", value);
            store.update(contents("updated", value), List.of());
            assertEquals(value, store.get("put").value());
            store.assertHolds(contents("put", value, "updated", value));
        }
    }

    @Test
    void keysComeInPages() {
        Store store = fresh();
        assertEquals(List.of(List.of()), store.pages(10));
        Map<String, String> expected = contents("\uffff", "1", "\ud800\udc00", "2", "é", "3", "B", "4");
        for (int n = 0; n < 23; n++) {
            expected.put(Integer.toString(n), "v");
        }
        store.update(expected, List.of());
        store.assertHolds(expected);
        assertEquals(List.of(10, 10, 7), store.pages(10).stream().map(List::size).toList());
        assertEquals(List.of(9, 9, 9), store.pages(9).stream().map(List::size).toList());
        ListKeysResponse first = store.list(null, null);
        assertEquals(10, first.items().size());
        ListKeysResponse rest = store.list(50, first.nextToken());
        assertEquals(17, rest.items().size());
        assertNull(rest.nextToken());
    }

    @Test
    void anImportFromABucket() {
        Map<String, String> expected = contents();
        List<String> items = new ArrayList<>();
        for (String key : AWKWARD_KEYS) {
            String value = "value " + expected.size();
            expected.put(key, value);
            String escaped =
                    key.replace("\\", "\\\\")
                            .replace("\"", "\\\"")
                            .replace("\n", "\\n")
                            .replace("\t", "\\t");
            items.add("{\"key\":\"" + escaped + "\",\"value\":\"" + value + "\"}");
        }
        Store store =
                Store.make(
                        new Caller(http),
                        putObject(
                                "sp ace +%é-" + newName() + ".json",
                                "{\"data\":[" + String.join(",", items) + "]}"));
        store.assertHolds(expected);
        store.put("new", "1");
        assertEquals(expected.get("."), store.get(".").value());
    }

    @Test
    void anImportThatFailsSaysWhyAndItsStoreCanOnlyBeDescribed() {
        String text =
                "{\"data\":[\n{\"key\":\"a\",\"value\":\"1\"},\n{\"key\":\"a\",\"value\":\"2\"}]}";
        Store store = Store.make(Caller.fresh(http), putObject(newName() + ".json", text));
        DescribeKeyValueStoreResponse description = store.describe();
        assertEquals("IMPORT_FAILED", description.status());
        assertTrue(description.failureReason().contains("\"a\""), description.failureReason());
        store.each(call -> refused(ConflictException.class, 409, WRONG_STATE, call));
    }

    @Test
    void anyRegionSigns() {
        storyOfKeys(new Caller(http.client(), null, null, Region.EU_WEST_1));
    }

    @Test
    void conflictException() {
        Store store = fresh();
        String etag = store.caller.settled(store.name).eTag();
        store.caller.control.deleteKeyValueStore(r -> r.name(store.name).ifMatch(etag));
        store.eachWrite(call -> refused(ConflictException.class, 409, WRONG_STATE, call));
        refused(ConflictException.class, 409, WRONG_STATE, () -> store.list(null, null));
        refused(ConflictException.class, 409, WRONG_STATE, store::describe);
        String text = "Resource was not found.";
        refused(ResourceNotFoundException.class, 404, text, () -> store.get("a"));
    }

    @Test
    void resourceNotFoundException() {
        String text = "Resource was not found.";
        Caller caller = Caller.fresh(http);
        Store none = new Store(caller, "none", caller.arn());
        none.each(call -> refused(ResourceNotFoundException.class, 404, text, call));
        refused(ResourceNotFoundException.class, 404, text, none::describe);
        Store store = Store.make(caller, null);
        refused(ResourceNotFoundException.class, 404, text, () -> store.get("none"));
        refused(ResourceNotFoundException.class, 404, text, () -> store.delete("none"));
    }

    @Test
    void accessDeniedException() {
        Store store = fresh();
        Store stranger = new Store(Caller.fresh(http), "none", store.arn);
        // The host is of the store's account.
        stranger.each(call -> refused(AccessDeniedException.class, 403, call));
        refused(AccessDeniedException.class, 403, stranger::describe);
        store.assertHolds(contents());
    }

    @Test
    void validationException() {
        Store store = fresh();
        String etag = store.etag;
        List<String> bad = new ArrayList<>(List.of("*", "nonsense", "W/\"" + etag + "\""));
        // This SDK sends no header for it.
        bad.add(null);
        for (String value : bad) {
            store.etag = value;
            store.eachWrite(write -> refused(ValidationException.class, 400, write));
        }
        store.etag = etag;
        refused(ValidationException.class, 400, () -> store.put("x".repeat(1025), ""));
        refused(ValidationException.class, 400, () -> store.put("a", null));
        PutKeyRequestListItem item = PutKeyRequestListItem.builder().key("a").value("1").build();
        refused(
                ValidationException.class,
                400,
                () -> store.updateWith(List.of(item, item), List.of()));
        refused(
                ValidationException.class,
                400,
                () -> store.updateWith(List.of(item), List.of("a")));
        refused(ValidationException.class, 400, () -> store.list(51, null));
        refused(ValidationException.class, 400, () -> store.list(null, "é"));
        // A character that is none; this SDK sends it as an escape.
        refused(
                ValidationException.class,
                400,
                () -> store.update(contents("a", "\ud800"), List.of()));
        store.assertHolds(contents());
    }

    @Test
    void serviceQuotaExceededException() {
        Store store = fresh();
        String tooLong = "x".repeat(1025);
        refused(
                ServiceQuotaExceededException.class,
                402,
                VALUE_TOO_BIG,
                () -> store.put("a", tooLong));
        refused(
                ServiceQuotaExceededException.class,
                402,
                VALUE_TOO_BIG,
                () -> store.update(contents("a", "1", "b", tooLong), List.of()));
        String text =
                refused(
                        ServiceQuotaExceededException.class,
                        402,
                        () -> store.put("é".repeat(256) + "x", ""));
        assertTrue(text.startsWith("Limit exceeded: Maximum "), text);
        Map<String, String> fifty = contents();
        for (int n = 0; n < 50; n++) {
            fifty.put(Integer.toString(n), "");
        }
        refused(
                ServiceQuotaExceededException.class,
                402,
                TOO_MANY_PAIRS,
                () -> store.update(fifty, List.of("more")));
        store.assertHolds(contents());
        store.update(fifty, List.of());
        store.assertHolds(fifty);
    }

    /** Its answer arrives nevertheless. */
    @Test
    void aBodyThatIsRefusedBeforeAllOfItHasArrived() {
        Store store = fresh();
        refused(
                ServiceQuotaExceededException.class,
                402,
                VALUE_TOO_BIG,
                () -> store.put("a", "x".repeat(8_000_000)));
        store.put("a", "1");
    }

    @Test
    void credentialsThatAreWrong() {
        Store store = Store.make(new Caller(http), null);
        Store wrong =
                new Store(new Caller(http.client(), null, "wrong", null), "none", store.arn);
        wrong.each(call -> refusedAs("InvalidSignatureException", 403, call));
        refusedAs("InvalidSignatureException", 403, wrong::describe);
        Store nobody =
                new Store(new Caller(http.client(), "AKIANOBODY", null, null), "none", store.arn);
        nobody.each(call -> refusedAs("UnrecognizedClientException", 403, call));
        refusedAs("UnrecognizedClientException", 403, nobody::describe);
        store.assertHolds(contents());
    }
}
