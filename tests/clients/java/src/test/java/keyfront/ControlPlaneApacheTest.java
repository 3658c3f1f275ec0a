package keyfront;

import keyfront.Keyfront.Http;

final class ControlPlaneApacheTest extends ControlPlane {
    ControlPlaneApacheTest() {
        super(Http.APACHE);
    }
}
