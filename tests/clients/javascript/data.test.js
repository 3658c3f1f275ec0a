// Signed by the SDK's signer in JavaScript.

import "@aws-sdk/signature-v4a";

import { dataPlane } from "./data-plane.js";

dataPlane("js");
