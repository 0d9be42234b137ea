// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.params;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TypedParametersTest {
    private static final TypedParameters EACH = TypedParameters.builder()
            .putInt("int", -1)
            .putUint("uint", 0xffff_ffffL)
            .putLlong("llong", Long.MIN_VALUE)
            .putUllong("ullong", -1)
            .putDouble("double", 0.5)
            .putBoolean("boolean", true)
            .putString("string", "text")
            .build();

    @Test
    void eachTypeGoesOverTheWireAndBack() {
        assertThat(TypedParameters.ofWire(EACH.toWire())).isEqualTo(EACH).hasSameHashCodeAs(EACH);
        assertThat(EACH.number("int")).hasValue(-1);
        assertThat(EACH.number("uint")).hasValue(0xffff_ffffL);
        assertThat(EACH.number("llong")).hasValue(Long.MIN_VALUE);
        assertThat(EACH.real("double")).hasValue(0.5);
        assertThat(EACH.flag("boolean")).contains(true);
        assertThat(EACH.text("string")).contains("text");
    }

    @Test
    void whatIsNotThereOrOfAnotherTypeIsEmpty() {
        assertThat(EACH.number("nothing")).isEmpty();
        assertThat(EACH.number("string")).isEmpty();
        assertThat(EACH.real("int")).isEmpty();
        assertThat(EACH.flag("int")).isEmpty();
        assertThat(EACH.text("int")).isEmpty();
        assertThat(EACH.find("nothing")).isEmpty();
        assertThat(TypedParameters.empty().isEmpty()).isTrue();
    }

    @Test
    void unsignedNumbersArePrintedAsSuch() {
        assertThat(EACH)
                .hasToString("int=-1, uint=4294967295, llong=-9223372036854775808,"
                        + " ullong=18446744073709551615, double=0.5, boolean=true, string=text");
    }

    @Test
    void ofANameThatComesTwiceTheLastCountsAndBothAreThere() {
        TypedParameters twice =
                TypedParameters.builder().putInt("a", 1).putInt("a", 2).build();
        assertThat(twice.number("a")).hasValue(2);
        assertThat(twice.findAll("a")).hasSize(2);
        assertThat(twice.toMap()).containsEntry("a", 2);
    }

    @Test
    void aGroupIsReadWithoutItsPrefix() {
        TypedParameters statistics = TypedParameters.builder()
                .putUint("net.count", 1)
                .putString("net.0.name", "vnet0")
                .putUllong("net.10.rx", 7)
                .build();
        assertThat(statistics.under("net.0.").toMap()).containsOnlyKeys("name");
    }

    @Test
    void aBadParameterIsRefusedByItsName() {
        assertThatThrownBy(() -> TypedParameters.builder().putUint("small", 1L << 32))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("parameter small: 4294967296 is no unsigned 32-bit number");
        assertThatThrownBy(() -> TypedParameters.builder().putInt("n".repeat(80), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a parameter's name: 80 bytes, and at most 79 are allowed");
        assertThatThrownBy(() -> TypedParameters.builder().putInt("a\0b", 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a parameter's name: empty, or with a NUL inside");
        assertThat(TypedParameters.builder().putInt("n".repeat(79), 1).build().size())
                .isEqualTo(1);
    }
}
