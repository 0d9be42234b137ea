// SPDX-License-Identifier: Apache-2.0
/** Programs and a class to start from; each is one file and does one thing. */
@NullMarked
package dev.virtwire.examples;

import org.jspecify.annotations.NullMarked;
