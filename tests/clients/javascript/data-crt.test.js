// Signed by the SDK's signer in AWS's common runtime.

import "@aws-sdk/signature-v4-crt";

import { dataPlane } from "./data-plane.js";

dataPlane("crt");
