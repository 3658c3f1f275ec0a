package keyfront;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.function.Executable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudfront.CloudFrontClient;
import software.amazon.awssdk.services.cloudfront.model.DescribeKeyValueStoreResponse;
import software.amazon.awssdk.services.cloudfront.model.ImportSource;
import software.amazon.awssdk.services.cloudfront.model.ImportSourceType;
import software.amazon.awssdk.services.cloudfrontkeyvaluestore.CloudFrontKeyValueStoreClient;

/** What the tests share: clients of the server under test, and what they check of its refusals. */
final class Keyfront {
    private Keyfront() {}

    static final String ENDPOINT = given("KEYFRONT_ENDPOINT");
    static final Path BUCKETS = Path.of(given("KEYFRONT_BUCKETS"));
    static final int STORES_PER_ACCOUNT = Integer.parseInt(given("KEYFRONT_STORES_PER_ACCOUNT"));

    static final Pattern UUID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    static final Pattern CONTROL_ETAG = Pattern.compile("E[0-9A-Z]{1,13}");
    static final Pattern DATA_ETAG = Pattern.compile("KV[0-9A-Z]{1,13}");

    // Of the right form, and of no version.
    static final String OTHER_CONTROL_ETAG = "ETVPDKIKX0DER";
    static final String OTHER_DATA_ETAG = "KVTVPDKIKX0DER";

    // AWS's texts, as observed.
    static final String STALE_DATA = "Pre-Condition failed during update of Key-Value-Store";
    static final String WRONG_STATE = "Key-Value-Store was not in expected state";
    static final String TOO_MANY_PAIRS =
            "Limit exceeded: Maximum key values pairs that you can update in a single API request";
    static final String VALUE_TOO_BIG =
            "Limit exceeded: Maximum size of the value in a key value pair";
    static final String STALE_CONTROL =
            "The request failed because it didn't meet the preconditions in one or more "
                    + "request-header fields.";
    static final String BAD_IF_MATCH =
            "The If-Match version is missing or not valid for the resource.";

    static final List<String> AWKWARD_KEYS =
            List.of(
                    "/", "/old/page", "a//b", "trailing/", " ", "sp ace", "pl+us", "per%cent",
                    "%2F", "%", "co:lon", "'single' \"double\"", "é", "😀", "\u2028", "tab\there",
                    "line\nbreak", "back\\slash", ".", "..", "...", "a/../b", "./a",
                    "?query=1&x#fragment", "~-_.!*'()", "keys", "<a>&amp;", "é".repeat(256));

    private static final Path HOSTS = Path.of(System.getProperty("jdk.net.hosts.file"));
    private static final AtomicLong NUMBERS = new AtomicLong();

    static {
        write(HOSTS, "127.0.0.1 localhost\n");
    }

    private static String given(String name) {
        String value = System.getenv(name);
        if (value == null) {
            throw new IllegalStateException(
                    name + " is not set: tests/clients/run starts a server and sets it");
        }
        return value;
    }

    private static void write(Path path, String text, StandardOpenOption... options) {
        try {
            Files.createDirectories(path.getParent());
            Files.writeString(path, text, options);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The SDK's HTTP clients, and how each reaches {@code 000000000000.localhost}. */
    enum Http {
        /** By a resolver of its own. It sends {@code Expect: 100-continue} before every body. */
        APACHE {
            @Override
            SdkHttpClient client() {
                return ApacheHttpClient.builder()
                        .expectContinueEnabled(true)
                        .dnsResolver(name -> new InetAddress[] {InetAddress.getByName("127.0.0.1")})
                        .build();
            }
        },
        /** By the file of names of this virtual machine. */
        URL_CONNECTION {
            @Override
            SdkHttpClient client() {
                return UrlConnectionHttpClient.create();
            }
        };

        abstract SdkHttpClient client();
    }

    /** One access key's clients. What is not given comes from the environment, as `keyfront env` sets it. */
    static final class Caller {
        final String account;
        final CloudFrontClient control;
        final CloudFrontKeyValueStoreClient data;

        /** An account's id is an access key of it; {@code test} is one of 000000000000. */
        Caller(SdkHttpClient http, String key, String secret, Region region) {
            account = key == null ? "000000000000" : key;
            write(
                    HOSTS,
                    "127.0.0.1 " + account + ".localhost\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
            control = with(CloudFrontClient.builder(), key, secret, region).httpClient(http).build();
            data =
                    with(CloudFrontKeyValueStoreClient.builder(), key, secret, region)
                            .httpClient(http)
                            .build();
        }

        Caller(Http http) {
            this(http.client(), null, null, null);
        }

        /** The caller of an account that no other test uses. */
        static Caller fresh(Http http) {
            long account =
                    500_000_000_000L
                            + ProcessHandle.current().pid() % 1_000_000 * 1_000
                            + NUMBERS.incrementAndGet();
            return new Caller(http.client(), Long.toString(account), null, null);
        }

        private static <B extends AwsClientBuilder<B, ?>> B with(
                B builder, String key, String secret, Region region) {
            if (key != null || secret != null) {
                builder.credentialsProvider(
                        StaticCredentialsProvider.create(
                                AwsBasicCredentials.create(
                                        key == null ? "test" : key,
                                        secret == null ? "test" : secret)));
            }
            return region == null ? builder : builder.region(region);
        }

        String arn() {
            return arn("00000000-0000-4000-8000-000000000000");
        }

        String arn(String id) {
            return "arn:aws:cloudfront::" + account + ":key-value-store/" + id;
        }

        /** Waits until the store is no longer PROVISIONING, and returns what is then told of it. */
        DescribeKeyValueStoreResponse settled(String name) {
            Instant end = Instant.now().plusSeconds(20);
            while (Instant.now().isBefore(end)) {
                DescribeKeyValueStoreResponse answer =
                        control.describeKeyValueStore(r -> r.name(name));
                if (!answer.keyValueStore().status().equals("PROVISIONING")) {
                    return answer;
                }
                try {
                    Thread.sleep(20);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            throw new AssertionError(name + " is still PROVISIONING");
        }
    }

    /** A name that no other test uses. */
    static String newName() {
        return "java-" + ProcessHandle.current().pid() + "-" + NUMBERS.incrementAndGet();
    }

    /** Puts a file into a bucket, and returns it as an import source. */
    static ImportSource putObject(String key, String text) {
        write(BUCKETS.resolve("java").resolve(key), text);
        return ImportSource.builder()
                .sourceType(ImportSourceType.S3)
                .sourceARN("arn:aws:s3:::java/" + key)
                .build();
    }

    static void assertMatches(Pattern pattern, String text) {
        assertTrue(
                text != null && pattern.matcher(text).matches(),
                () -> text + " does not match " + pattern);
    }

    static void assertNow(Instant moment) {
        assertTrue(Duration.between(moment, Instant.now()).abs().toSeconds() < 60, moment::toString);
    }

    /** Expects the SDK's own class of the error, its status and any text. */
    static <E extends AwsServiceException> String refused(
            Class<E> kind, int status, Executable call) {
        AwsServiceException error = assertThrows(kind, call);
        assertEquals(kind, error.getClass());
        // The class is named as the error is, but for the control plane's, which get an ending.
        String code = error.awsErrorDetails().errorCode();
        String name = kind.getSimpleName();
        assertTrue(name.equals(code) || name.equals(code + "Exception"), () -> name + ", " + code);
        return refusedWith(error, status);
    }

    /** The same, with a text. */
    static <E extends AwsServiceException> void refused(
            Class<E> kind, int status, String text, Executable call) {
        assertEquals(text, refused(kind, status, call));
    }

    /** Expects an error that no model lists, of authentication for example. */
    static void refusedAs(String code, int status, Executable call) {
        AwsServiceException error = assertThrows(AwsServiceException.class, call);
        assertEquals(code, error.awsErrorDetails().errorCode());
        refusedWith(error, status);
    }

    private static String refusedWith(AwsServiceException error, int status) {
        assertEquals(status, error.statusCode(), error::toString);
        assertEquals(status, error.awsErrorDetails().sdkHttpResponse().statusCode());
        assertMatches(UUID, error.requestId());
        assertFalse(error.awsErrorDetails().errorMessage().isEmpty(), "there is a text");
        return error.awsErrorDetails().errorMessage();
    }
}
