package keyfront;

import static keyfront.Keyfront.AWKWARD_KEYS;
import static keyfront.Keyfront.ENDPOINT;
import static keyfront.Keyfront.STALE_DATA;
import static keyfront.Keyfront.VALUE_TOO_BIG;
import static keyfront.Keyfront.refused;
import static keyfront.Keyfront.refusedAs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import keyfront.DataPlane.Store;
import keyfront.Keyfront.Caller;
import keyfront.Keyfront.Http;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.CloudFrontKeyValueStoreAsyncClient;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.PutKeyResponse;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.ResourceNotFoundException;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.ServiceQuotaExceededException;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.model.ValidationException;

/** What differs between the SDK's HTTP clients. */
final class TransportTest {
    /** Apache's client waits for 3 seconds for an answer to its Expect: 100-continue. */
    @Test
    @Timeout(20)
    void expect100ContinueIsAnsweredAtOnce() {
        try (SdkHttpClient http = oneConnection()) {
            Store store = Store.make(new Caller(http, null, null, null), null);
            long began = System.nanoTime();
            for (int n = 0; n < 5; n++) {
                store.put("a", Integer.toString(n));
            }
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            assertTrue(took.toMillis() < 2_000, () -> "five writes took " + took);
        }
    }

    /** A connection on which a write was refused must not leave its body behind for the next one. */
    @Test
    @Timeout(20)
    void aRefusedWriteLeavesTheConnectionUsable() {
        try (SdkHttpClient http = oneConnection()) {
            Store store = Store.make(new Caller(http, null, null, null), null);
            Caller wrong = new Caller(http, null, "wrong", null);
            Store stranger = new Store(wrong, "none", store.arn);
            String etag = store.etag;
            store.put("a", "1");
            String current = store.etag;
            for (int n = 0; n < 3; n++) {
                refusedAs("InvalidSignatureException", 403, () -> stranger.put("a", "2"));
                store.etag = etag;
                refused(ValidationException.class, 400, STALE_DATA, () -> store.put("a", "2"));
                store.etag = current;
                // Larger than any body can be: refused before it was read.
                String huge = "x".repeat(5_000_000);
                refused(
                        ServiceQuotaExceededException.class,
                        402,
                        VALUE_TOO_BIG,
                        () -> store.put("a", huge));
                assertEquals("1", store.get("a").value());
            }
            store.put("a", "3");
            assertEquals("3", store.get("a").value());
        }
    }

    private static SdkHttpClient oneConnection() {
        return ApacheHttpClient.builder()
                .maxConnections(1)
                .expectContinueEnabled(true)
                .dnsResolver(name -> new InetAddress[] {InetAddress.getByName("127.0.0.1")})
                .build();
    }

    /** The server as a proxy: no name has to be resolved, and targets are in absolute form. */
    @Test
    void throughTheServerAsProxyWithApache() {
        throughProxy(
                ApacheHttpClient.builder()
                        .proxyConfiguration(
                                software.amazon.awssdk.http.apache.ProxyConfiguration.builder()
                                        .endpoint(URI.create(ENDPOINT))
                                        .build())
                        .dnsResolver(
                                name -> {
                                    assertEquals("127.0.0.1", name, "only the proxy's name");
                                    return new InetAddress[] {InetAddress.getByName(name)};
                                })
                        .build());
    }

    @Test
    void throughTheServerAsProxyWithUrlConnection() {
        throughProxy(
                UrlConnectionHttpClient.builder()
                        .proxyConfiguration(
                                software.amazon.awssdk.http.urlconnection.ProxyConfiguration
                                        .builder()
                                        .endpoint(URI.create(ENDPOINT))
                                        .build())
                        .build());
    }

    private static void throughProxy(SdkHttpClient http) {
        Caller caller = new Caller(http, null, null, null);
        DataPlane.storyOfKeys(caller);
        DataPlane.keysAreExactBytes(caller);
    }

    /** The asynchronous client, whose HTTP is Netty's. */
    @Test
    void netty() {
        nettyStory(CloudFrontKeyValueStoreAsyncClient.create());
    }

    /** It asks its proxy for a tunnel, even for plain HTTP. */
    @Test
    @Timeout(20)
    void throughTheServerAsProxyWithNetty() {
        URI proxy = URI.create(ENDPOINT);
        nettyStory(
                CloudFrontKeyValueStoreAsyncClient.builder()
                        // A name that no machine resolves.
                        .endpointOverride(URI.create("http://keyfront.invalid:4566"))
                        .httpClientBuilder(
                                NettyNioAsyncHttpClient.builder()
                                        .proxyConfiguration(
                                                software.amazon.awssdk.http.nio.netty
                                                        .ProxyConfiguration.builder()
                                                        .host(proxy.getHost())
                                                        .port(proxy.getPort())
                                                        .build()))
                        .build());
    }

    private static void nettyStory(CloudFrontKeyValueStoreAsyncClient client) {
        Store store = Store.make(new Caller(Http.APACHE), null);
        try (CloudFrontKeyValueStoreAsyncClient data = client) {
            String etag = store.etag;
            for (String key : AWKWARD_KEYS) {
                String ifMatch = etag;
                PutKeyResponse put =
                        data.putKey(
                                        r ->
                                                r.kvsARN(store.arn)
                                                        .key(key)
                                                        .value("of " + key.length())
                                                        .ifMatch(ifMatch))
                                .join();
                etag = put.eTag();
                assertEquals(
                        "of " + key.length(),
                        data.getKey(r -> r.kvsARN(store.arn).key(key)).join().value());
            }
            for (String key : AWKWARD_KEYS) {
                String ifMatch = etag;
                etag =
                        data.deleteKey(r -> r.kvsARN(store.arn).key(key).ifMatch(ifMatch))
                                .join()
                                .eTag();
            }
            CompletionException error =
                    assertThrows(
                            CompletionException.class,
                            () -> data.getKey(r -> r.kvsARN(store.arn).key(".")).join());
            assertEquals(ResourceNotFoundException.class, error.getCause().getClass());
            assertEquals(
                    List.of(), data.listKeys(r -> r.kvsARN(store.arn)).join().items());
        }
    }
}
