package keyfront;

import keyfront.Keyfront.Http;

final class DataPlaneUrlConnectionTest extends DataPlane {
    DataPlaneUrlConnectionTest() {
        super(Http.URL_CONNECTION);
    }
}
