/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <string.h>

#include "hash.h"
#include "list.h"

struct item {
	int num;
	struct list link;
};

TEST(items_stand_in_the_order_they_were_put)
{
	struct item a = { .num = 1 }, b = { .num = 2 }, c = { .num = 3 };
	struct list head, *p;
	int want = 1;

	list_init(&head);
	assert_true(list_empty(&head));
	list_add(&head, &c.link);
	list_add(&head, &a.link);
	list_add(&a.link, &b.link);
	for (p = head.next; p != &head; p = p->next)
		assert_int_equal(list_item(p, struct item, link)->num, want++);
	assert_int_equal(want, 4);
	for (p = head.prev; p != &head; p = p->prev)
		assert_int_equal(list_item(p, struct item, link)->num, --want);
	assert_int_equal(want, 1);
}

TEST(a_removed_item_can_be_removed_again_and_put_again)
{
	struct item a = { .num = 1 }, b = { .num = 2 };
	struct list head;

	list_init(&head);
	list_add(&head, &a.link);
	list_add(&head, &b.link);
	list_del(&b.link);
	list_del(&b.link);
	assert_ptr_equal(head.next, &a.link);
	assert_ptr_equal(head.prev, &a.link);
	list_add(&head, &b.link);
	list_del(&a.link);
	list_del(&b.link);
	assert_true(list_empty(&head));
}

TEST(numbers_are_spread_over_low_bits)
{
	unsigned seen[64] = { 0 };

	for (uint64_t i = 0; i < 6400; i++)
		seen[hash_u64(i << 20) % 64]++;
	for (size_t i = 0; i < ARRAY_LEN(seen); i++)
		assert_true(seen[i] >= 50 && seen[i] <= 150);
}

TEST(bytes_hash_by_content_length_and_seed)
{
	assert_true(hash_bytes("abc", 3, 1) == hash_bytes("abcd", 3, 1));
	assert_true(hash_bytes("abc", 3, 1) != hash_bytes("abc", 3, 2));
	assert_true(hash_bytes("abc", 3, 1) != hash_bytes("abd", 3, 1));
	assert_true(hash_bytes("abc", 3, 1) != hash_bytes("abc", 4, 1));
	assert_true(hash_bytes("\xff", 1, 0) != hash_bytes("\x7f", 1, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_stand_in_the_order_they_were_put),
		cmocka_unit_test(a_removed_item_can_be_removed_again_and_put_again),
		cmocka_unit_test(numbers_are_spread_over_low_bits),
		cmocka_unit_test(bytes_hash_by_content_length_and_seed),
	};

	return RUN_ALL(tests);
}
