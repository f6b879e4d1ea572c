/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intrusive circular doubly linked list. The owner of the head locks it. */
#ifndef UFS_LIST_H
#define UFS_LIST_H

#include <stdbool.h>
#include "macros.h"

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

/* Put ITEM right behind AT (at the front, when AT is the head). */
static inline void list_add(struct list *at, struct list *item)
{
	item->next = at->next;
	item->prev = at;
	at->next->prev = item;
	at->next = item;
}

/* Unlink ITEM; it is a valid empty list afterwards. */
static inline void list_del(struct list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	list_init(item);
}

#define list_item(ptr, type, member) container_of(ptr, type, member)

#endif
