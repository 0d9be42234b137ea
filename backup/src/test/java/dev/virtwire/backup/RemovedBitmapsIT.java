// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

class RemovedBitmapsIT extends RemovedBitmapsSuite {}
