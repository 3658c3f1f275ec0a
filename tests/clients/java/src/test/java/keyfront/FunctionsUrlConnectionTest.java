package keyfront;

import keyfront.Keyfront.Http;

final class FunctionsUrlConnectionTest extends Functions {
    FunctionsUrlConnectionTest() {
        super(Http.URL_CONNECTION);
    }
}
