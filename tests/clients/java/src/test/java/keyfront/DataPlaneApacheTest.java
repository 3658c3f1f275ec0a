package keyfront;

import keyfront.Keyfront.Http;

final class DataPlaneApacheTest extends DataPlane {
    DataPlaneApacheTest() {
        super(Http.APACHE);
    }
}
