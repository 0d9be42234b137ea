// SPDX-License-Identifier: Apache-2.0
module com.example.hosts {
    requires dev.virtwire.client;
}
