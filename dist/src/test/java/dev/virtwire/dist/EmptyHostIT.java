// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

class EmptyHostIT extends EmptyHostSuite {}
