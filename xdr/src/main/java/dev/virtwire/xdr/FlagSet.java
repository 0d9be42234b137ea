// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.xdr;

import java.util.AbstractSet;
import java.util.Iterator;
import java.util.Set;

/**
 * Flags of which some have no name here: a newer server knows them. As a set it has those with a name, and two of these
 * are equal if those are; all bits go over the wire. Immutable.
 *
 * @param <E> the flags that have a name
 * @since 0.1
 */
public final class FlagSet<E extends Enum<E>> extends AbstractSet<E> {
    private final Set<E> named;
    private final long bits;

    private FlagSet(Set<E> named, long bits) {
        this.named = named;
        this.bits = bits;
    }

    /**
     * The flags of these bits.
     *
     * @param named those that have a name
     * @param bits all
     */
    public static <E extends Enum<E>> Set<E> of(Set<E> named, long bits) {
        return new FlagSet<>(Set.copyOf(named), bits);
    }

    /** All bits, as they go over the wire. */
    public long bits() {
        return bits;
    }

    @Override
    public Iterator<E> iterator() {
        return named.iterator();
    }

    @Override
    public int size() {
        return named.size();
    }

    @Override
    public String toString() {
        return named + " of 0x" + Long.toHexString(bits);
    }
}
