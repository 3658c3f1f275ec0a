package keyfront;

import keyfront.Keyfront.Http;

final class FunctionsApacheTest extends Functions {
    FunctionsApacheTest() {
        super(Http.APACHE);
    }
}
