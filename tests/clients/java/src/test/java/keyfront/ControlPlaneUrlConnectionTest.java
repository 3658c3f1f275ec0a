package keyfront;

import keyfront.Keyfront.Http;

final class ControlPlaneUrlConnectionTest extends ControlPlane {
    ControlPlaneUrlConnectionTest() {
        super(Http.URL_CONNECTION);
    }
}
