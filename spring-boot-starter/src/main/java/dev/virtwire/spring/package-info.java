// SPDX-License-Identifier: Apache-2.0
/** A connection to libvirt as a bean of Spring Boot, with health and metrics. */
@NullMarked
package dev.virtwire.spring;

import org.jspecify.annotations.NullMarked;
