//! Bytes to rows: decode, sniff, choose the column, read a cell.
