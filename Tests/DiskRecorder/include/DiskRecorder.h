// Records what a program asks of the disk; loaded with LD_PRELOAD, nothing here is called by name.
//
// RECORD_FOLDER names the folder whose files are recorded, RECORD_TRACE the file that the record goes to. Files that
// end with -shm are left out: SQLite makes them anew, and what is in them is never synced.
//
// The record is a row of entries, little endian, without gaps:
//
//   offset 0   uint32  what: one of DISK_RECORDER_*
//   offset 4   uint32  the file: a number of its own for each file, 0 for the folder
//   offset 8   uint64  where in the file; for a truncation the new length; for a sync its number
//   offset 16  uint32  how many bytes follow
//   offset 20  uint32  of an open: whether it made the file
//   offset 24  bytes   what was written, or the name within the folder
#ifndef DISK_RECORDER_H
#define DISK_RECORDER_H

enum {
    DISK_RECORDER_OPEN = 1,
    DISK_RECORDER_WRITE = 2,
    DISK_RECORDER_TRUNCATE = 3,
    DISK_RECORDER_SYNC_BEGIN = 4,
    DISK_RECORDER_SYNC_END = 5,
    DISK_RECORDER_UNLINK = 6,
    // Something that this recorder cannot record: the record is worth nothing.
    DISK_RECORDER_UNKNOWN = 7,
};

#endif
