// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import java.util.List;

/** What one table declares. */
public record Area(
        String name,
        String doc,
        List<Struct> structs,
        List<Union> unions,
        List<Enumeration> enumerations,
        List<Procedure> procedures,
        List<Event> events) {}
