/* A packet as it leaves: the same bytes as media_server/engine/leaving.py, which says why. */

#include "table.h"

#include <string.h>

enum { PADDED_FROM = 512, PADDED_TO = 16, ONE_BYTE_PROFILE = 0xBEDE };

static void put16(uint8_t *out, uint32_t value) {
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static void put32(uint8_t *out, uint32_t value) {
    put16(out, value >> 16);
    put16(out + 2, value);
}

/* 6.18 fixed point seconds of a moment in ns */
static uint32_t send_time(int64_t now) {
    uint64_t seconds = (uint64_t)now / 1000000000u, rest = (uint64_t)now % 1000000000u;
    return (uint32_t)((seconds << 18) + (rest << 18) / 1000000000u) & 0xFFFFFF;
}

int rewrite(uint8_t *out, const entry_t *entry, const item_t *item) {
    int head = entry->send_time_id ? MAX_HEADER : 12;
    int padding = item->size >= PADDED_FROM ? -item->size & (PADDED_TO - 1) : 0;
    if (head + item->size + padding > MAX_RTP)
        padding = 0;
    int length = head + item->size + padding;
    if (length > MAX_RTP)
        return 0;
    out[0] = (uint8_t)(0x80 | (padding ? 0x20 : 0) | (entry->send_time_id ? 0x10 : 0));
    out[1] = (uint8_t)(entry->payload_type | (item->marker ? 0x80 : 0));
    put16(out + 2, (uint32_t)((uint64_t)item->index - (uint64_t)entry->number_offset));
    put32(out + 4, (uint32_t)((uint64_t)item->stamp + (uint64_t)entry->stamp_offset));
    put32(out + 8, entry->ssrc);
    if (entry->send_time_id) {
        put32(out + 12, (uint32_t)ONE_BYTE_PROFILE << 16 | 1);
        put32(out + 16, (uint32_t)(entry->send_time_id << 4 | 2) << 24 | send_time(item->arrival));
    }
    memcpy(out + head, item->payload, (size_t)item->size);
    if (padding) {
        memset(out + length - padding, 0, (size_t)padding);
        out[length - 1] = (uint8_t)padding;
    }
    return length;
}
